import type { Clock } from '../../domain/clock.ts';

/** One part of a job, as the map of its workflow names it. */
export type PartOfJob = { readonly job: string; readonly part: number };

/** The least time that is kept back, in milliseconds: enough to write what was done and the position. */
const RESERVE = 300_000;

/** The next step may take so many times as long as the longest one before it. */
const SLOWER = 10;

/**
 * Tells after each step of a function whether another one ends in time, so that the function leaves its position and is
 * called again rather than stopped. A step that takes ten times as long as the longest before it still ends in time.
 */
export function stepTimer({ timeLeft }: Pick<Clock, 'timeLeft'>): { readonly hasTime: () => boolean } {
  let before = timeLeft();
  let longest = 0;
  return {
    hasTime: () => {
      const left = timeLeft();
      longest = Math.max(longest, before - left);
      before = left;
      return left > Math.max(RESERVE, SLOWER * longest);
    },
  };
}
