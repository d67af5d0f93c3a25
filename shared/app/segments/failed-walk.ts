import { noteSweep } from '../../data/segments/work.ts';
import { type Definition, isPending, versionsOf, withFailure } from '../../domain/segments/definition.ts';
import { changeIfExists } from './writes.ts';

/** The most attempts of one run of the workflow. After the last one the sweep starts the next run. */
const MOST_ATTEMPTS = 5;

/** The wait before the second attempt, in seconds. It grows fourfold with each attempt, to two minutes. */
const FIRST_WAIT = 2;

const FAILURE = {
  code: 'internal',
  detail:
    'Something went wrong here, not in the rule. The members are those of the last evaluation, and the new one is tried again.',
} as const;

/** The next attempt of a walk that failed, after a wait; or the end of the run. `seconds` is 0 at the end. */
export type NextAttempt = { readonly attempt: number; readonly again: boolean; readonly seconds: number };

/**
 * Stores with the segment that its version could not be filled. When a newer version replaced it meanwhile, or the segment
 * was deleted, the edges that the walk has written are of no use: a sweep is noted, since an earlier one may have ended
 * before they were written.
 */
async function storeFailure(segment: string, ruleVersion: number, now: number): Promise<void> {
  const at = new Date(now).toISOString();
  const failed = (one: Definition) => (isPending(one, ruleVersion) ? withFailure(one, FAILURE, at) : one);
  const changed = await changeIfExists(segment, failed, now);
  if (!versionsOf(changed?.before ?? null).includes(ruleVersion)) await noteSweep(segment, ruleVersion, now);
}

/**
 * Decides what follows when an attempt of a walk failed: another attempt after a wait, from the positions that its parts
 * stored; or, after the last attempt, the end of the run, and the segment shows the failure.
 *
 * @param attempt the number of the attempt that failed, from 1
 */
export async function afterFailure(
  segment: string,
  ruleVersion: number,
  attempt: number,
  now: number,
): Promise<NextAttempt> {
  if (attempt < MOST_ATTEMPTS) return { attempt: attempt + 1, again: true, seconds: FIRST_WAIT * 4 ** (attempt - 1) };
  await storeFailure(segment, ruleVersion, now);
  return { attempt, again: false, seconds: 0 };
}
