/**
 * The time that one page of a walk or of a deletion of edges may take, in milliseconds. A run of a step begins no page when
 * less is left of its time-out of 15 minutes: the page stores its position, and the next run goes on from there.
 */
export const PAGE_TIME = 5 * 60_000;
