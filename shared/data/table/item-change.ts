import type { Attributes } from './client.ts';

/** A change of one item, as in the stream of the table. */
export type ItemChange = {
  /** The attributes before the change; null for an item that was created. */
  readonly before: Attributes | null;
  /** The attributes after the change; null for an item that was deleted. */
  readonly after: Attributes | null;
  /** The time of the change in milliseconds since 1970, to the second. */
  readonly at: number;
  /** The sequence number of the record in its shard. */
  readonly sequence: string;
};
