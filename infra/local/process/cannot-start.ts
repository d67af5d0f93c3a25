/** A reason not to start that a person can act on. It is printed as one line, without a stack. */
export class CannotStart extends Error {}

const plain: Record<string, string> = {
  ENOSPC: 'The disk is full. Free some space, then start again.',
  EDQUOT: 'The disk quota is used up. Free some space, then start again.',
  EACCES: 'The data directory cannot be written. Choose another one with --data DIR.',
  EEXIST: 'The data directory is a file. Choose another one with --data DIR.',
  ENOTDIR: 'The data directory cannot be made there. Choose another one with --data DIR.',
  EROFS: 'The data directory is read-only. Choose another one with --data DIR.',
};

const damaged = 'The data directory is damaged. Delete it, or choose another one with --data DIR.';

/** The one line that says what to do about an error, or null when the error is not one a person can mend. */
export function adviceFor(error: unknown): string | null {
  if (error instanceof CannotStart) return error.message;
  if (!(error instanceof Error)) return null;
  if (/database or disk is full/.test(error.message)) return plain.ENOSPC ?? null;
  if (/unable to open database file|readonly database/.test(error.message)) return plain.EACCES ?? null;
  if (/file is not a database|malformed/.test(error.message)) return damaged;
  return 'code' in error && typeof error.code === 'string' ? (plain[error.code] ?? null) : null;
}
