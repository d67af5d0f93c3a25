/** The time as a step of a workflow reads it, again and again while it runs. Both are in milliseconds. */
export type Clock = {
  /** The time since 1970. */
  readonly now: () => number;
  /** The time until Lambda ends the function. */
  readonly timeLeft: () => number;
};
