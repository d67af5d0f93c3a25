import { backOff } from './back-off.ts';

/** The answer of an attempt that others got in the way of: it is worth another one. */
export const AGAIN = Symbol('again');

/** Every attempt was in vain, because others kept writing or the table was throttled: the same call can go well later. */
export class Busy extends Error {
  override readonly name = 'Busy';
}

/** Attempts before a call is given up: some ten seconds, where a function that answers a request has 29. */
const MOST_ATTEMPTS = 15;

/**
 * Repeats an attempt until it answers anything but `AGAIN`, with a longer wait before each one. Every loop that others may
 * keep alive runs through here, so that each has a bound.
 *
 * @param what is attempted, for the message of the error: words of ours, never a value
 * @param attempt is called with the number of the attempt, from 1
 * @throws Busy after the last attempt, and whatever the attempt throws
 */
export async function retrying<T>(
  what: string,
  attempt: (count: number) => Promise<T | typeof AGAIN>,
  mostAttempts = MOST_ATTEMPTS,
): Promise<T> {
  for (let count = 1; count <= mostAttempts; count += 1) {
    const answer = await attempt(count);
    if (answer !== AGAIN) return answer;
    if (count < mostAttempts) await backOff(count);
  }
  throw new Busy(`${what} did not come through in ${mostAttempts} attempts`);
}

/**
 * Carries out a batch of which a call may leave parts undone: `step` returns these, and they are sent again.
 *
 * @throws Busy
 */
export async function untilNoneLeft<T>(
  batch: readonly T[],
  step: (left: readonly T[]) => Promise<readonly T[]>,
): Promise<void> {
  let left = batch;
  await retrying('a batch', async () => {
    if (left.length > 0) left = await step(left);
    return left.length > 0 ? AGAIN : left;
  });
}
