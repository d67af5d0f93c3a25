/** Waits longer with every attempt, at random, so that many who failed together do not come back together. */
export async function pause(attempt: number): Promise<void> {
  const milliseconds = Math.random() * Math.min(2_000, 25 * 2 ** attempt);
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const MOST_ATTEMPTS = 10;

/** The table was asked the same again and again, and was too busy each time. */
export class Busy extends Error {
  override readonly name = 'Busy';
}

/**
 * Carries out a batch whose parts may be left undone: `step` gives back what is left, and that is tried again after a
 * pause, until nothing is left.
 *
 * @throws Busy when it goes on for too long
 */
export async function untilNoneLeft<T>(
  batch: readonly T[],
  step: (left: readonly T[]) => Promise<readonly T[]>,
): Promise<void> {
  let left = batch;
  for (let attempt = 0; left.length > 0; attempt += 1) {
    if (attempt === MOST_ATTEMPTS) throw new Busy('the table left parts of a batch undone too often');
    if (attempt > 0) await pause(attempt);
    left = await step(left);
  }
}
