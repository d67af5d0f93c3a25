import { statfsSync } from 'node:fs';
import { CannotStart } from './cannot-start.ts';

/** An import fails in the middle on a disk with less free space. */
const neededBytes = 200 * 1024 * 1024;
/** With less free space than this, the servers fail to write. */
const fullBytes = 20 * 1024 * 1024;
const everyMs = 5_000;

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

export function requireSpace(directory: string): void {
  if (freeBytes(directory) >= neededBytes) return;
  throw new CannotStart(`The disk of ${directory} is nearly full. Free some space, or choose another with --data DIR.`);
}

/** Answers a check that calls `warn` once each time the disk becomes full: the servers themselves only fail. */
export function diskCheck(free: () => number, warn: () => void): () => void {
  let wasFull = false;
  return () => {
    const isFull = free() < fullBytes;
    if (isFull && !wasFull) warn();
    wasFull = isFull;
  };
}

export function watchDisk(directory: string, warn: (text: string) => void): void {
  const text = `The disk of ${directory} is full, so writes fail. Free some space; nothing needs a restart.`;
  const check = diskCheck(
    () => freeBytes(directory),
    () => warn(text),
  );
  setInterval(check, everyMs).unref();
}
