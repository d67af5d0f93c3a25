import type { Attributes } from './client.ts';

/** A change of one item, as in the stream: its attributes before and after; null before it was created, or after it was deleted. */
export type ItemChange = {
  readonly before: Attributes | null;
  readonly after: Attributes | null;
  /** The time of the change in milliseconds since 1970, to the second. */
  readonly at: number;
  readonly sequence: string;
};
