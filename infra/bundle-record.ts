import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';

/** The SHA-256 of each file that a build has read, by its path in the project. */
const Record = z.record(z.string(), z.string());

/** True when every file of the record, which a build wrote, is as it was then. */
export function isUnchanged(record: string, root: string): boolean {
  if (!existsSync(record)) return false;
  const { success, data } = z.safeParse(Record, JSON.parse(readFileSync(record, 'utf8')));
  return success && Object.entries(data).every(([path, hash]) => hashOf(join(root, path)) === hash);
}

/** The text of a record of these files. Inputs of a build that are no files are left out. */
export function recordOf(paths: string[], root: string): string {
  const hashes = paths.flatMap((path) => {
    const hash = hashOf(join(root, path));
    return hash === null ? [] : [[path, hash] as const];
  });
  return JSON.stringify(Object.fromEntries(hashes));
}

function hashOf(file: string): string | null {
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : null;
}
