import * as z from 'zod/mini';
import { key, partition } from '../keys.ts';
import { type Attributes, connected } from '../table/client.ts';
import { bodyOf, stamped } from '../table/items.ts';
import { get, put } from '../table/operations.ts';
import { inPartition, pages } from '../table/query.ts';
import { readable } from '../table/readable.ts';

/** The position of the walk over one shard: it continues behind the user `after`, null at the beginning. */
export const WalkPart = z.strictObject({ after: z.nullable(z.string()), done: z.boolean() });
export type WalkPart = z.infer<typeof WalkPart>;

const readWalkPart = (item: Attributes) => WalkPart.parse(bodyOf(item));

/** The life of positions, in seconds: longer than any walk takes. */
const LIFE = 30 * 86_400;

/** The position of the walk of a shard; its beginning when the stored position does not parse. */
export async function positionOf(segment: string, ruleVersion: number, part: number): Promise<WalkPart> {
  const item = await get(key.walkPart(segment, ruleVersion, part));
  const [position] = item ? readable([item], readWalkPart) : [];
  return position ?? { after: null, done: false };
}

/** Stores the position of the walk of a shard. */
export async function save(
  segment: string,
  ruleVersion: number,
  part: number,
  position: WalkPart,
  now: number,
): Promise<void> {
  const expiresAt = Math.floor(now / 1000) + LIFE;
  await put({ ...stamped('walkPart', { ...position, expiresAt }), ...key.walkPart(segment, ruleVersion, part) });
}

/** The number of shards that were walked to their end. Consistent. */
export async function partsDone(segment: string, ruleVersion: number): Promise<number> {
  let done = 0;
  const question = { key: inPartition(partition.walk(segment, ruleVersion)), consistent: true };
  for await (const { items } of pages(question)) {
    done += readable(items, readWalkPart).filter((part) => part.done).length;
  }
  return done;
}

/** The part of a walk that is done, from 0 to 1. */
export async function progress(segment: string, ruleVersion: number): Promise<number> {
  return (await partsDone(segment, ruleVersion)) / connected().shards;
}
