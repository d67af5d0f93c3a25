import { execFile } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/mini';
import { CannotStart } from '../process/cannot-start.ts';

const run = promisify(execFile);
const needed = 17;

/** The command that starts a Java of version 17 or later: the machine's own, or else one fetched into `directory`. */
export async function findJava(directory: string, onFetch: () => void): Promise<string> {
  for (const command of ['java', ...fetched(directory)]) {
    if (await isRecent(command)) return command;
  }
  onFetch();
  try {
    mkdirSync(directory, { recursive: true });
    await fetchJava(directory);
  } catch {
    throw new CannotStart(
      `DynamoDB Local needs Java ${needed} or later, and it could not be fetched. Install a JRE and start again.`,
    );
  }
  const [command] = fetched(directory);
  if (command === undefined)
    throw new CannotStart(`The fetched Java has no program. Install a JRE of version ${needed}.`);
  return command;
}

const Install = z.object({
  install: z.custom<(version: number, options: { installPath: string; type: string }) => Promise<string>>(
    (value) => typeof value === 'function',
  ),
});

async function fetchJava(directory: string): Promise<void> {
  // The package has no types of its own.
  const { install } = z.parse(Install, createRequire(import.meta.url)('njre'));
  await install(needed, { installPath: join(directory, 'here'), type: 'jre' });
}

function fetched(directory: string): string[] {
  return globSync('jre/*/{bin,Contents/Home/bin}/java{,.exe}', { cwd: directory }).map((file) => join(directory, file));
}

async function isRecent(command: string): Promise<boolean> {
  try {
    const { stderr, stdout } = await run(command, ['-version']);
    return Number(/version "(\d+)/.exec(stderr + stdout)?.[1] ?? 0) >= needed;
  } catch {
    return false;
  }
}
