import { backOff } from './back-off.ts';

/** The result of an attempt that met a conflict with another write: it is repeated. */
export const AGAIN = Symbol('again');

/** The error of a call whose attempts all met conflicts or throttling: the same call can succeed later. */
export class Busy extends Error {
  override readonly name = 'Busy';
}

/** The attempts of a call: they take some ten seconds, and a function that answers a request has 29. */
const MOST_ATTEMPTS = 15;

/**
 * Repeats an attempt until it returns anything but `AGAIN`, with a longer wait before each one. Every loop whose end
 * depends on other writers runs through here, so that each has a bound.
 *
 * @param what a name of the attempt for the message of the error, without values
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
 * Carries out a batch whose calls may leave parts unprocessed: `step` returns these, and they are sent again.
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
