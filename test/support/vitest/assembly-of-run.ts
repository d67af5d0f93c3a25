import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    assemblyPlace: string;
  }
}

/** A place for the one synthesized assembly of a run; the first test file that starts the stack fills it. */
export default function setup(project: TestProject) {
  const place = mkdtempSync(join(tmpdir(), 'roster-assembly-'));
  // The stacks that tests start load the same modules: compiling them once saves a quarter of each start's CPU time.
  process.env.NODE_COMPILE_CACHE = join(place, 'compile-cache');
  project.provide('assemblyPlace', place);
  return () => rmSync(place, { recursive: true, force: true });
}
