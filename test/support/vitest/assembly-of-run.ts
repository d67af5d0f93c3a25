import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesize } from '../../../infra/local/cloudformation/synth.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    assemblyPlace: string;
  }
}

const everyMs = 50;

/**
 * Synthesizes the project once for all files of a run, when the first of them asks for it with a file `wanted`. This
 * process does it, since a worker may end in the middle, and all files after it would wait in vain. A file `done` says
 * that it is over; it holds the error, if there was one.
 */
export default function setup(project: TestProject) {
  const place = mkdtempSync(join(tmpdir(), 'roster-assembly-'));
  // The stacks that tests start load the same modules: compiling them once saves a quarter of each start's CPU time.
  process.env.NODE_COMPILE_CACHE = join(place, 'compile-cache');
  project.provide('assemblyPlace', place);
  const timer = setInterval(() => {
    if (!existsSync(join(place, 'wanted'))) return;
    clearInterval(timer);
    synthesize(join(place, 'cdk.out'), stopping.signal).then(
      () => finish(''),
      (error: unknown) => finish(String(error)),
    );
  }, everyMs);
  const stopping = new AbortController();

  function finish(error: string): void {
    if (stopping.signal.aborted) return;
    writeFileSync(join(place, 'done.new'), error);
    renameSync(join(place, 'done.new'), join(place, 'done'));
  }

  return () => {
    clearInterval(timer);
    stopping.abort();
    rmSync(place, { recursive: true, force: true });
  };
}
