import * as z from 'zod/mini';
import { key, partition } from '../keys.ts';
import { connected } from '../table/client.ts';
import { bodyOf, stamped } from '../table/items.ts';
import { get, put } from '../table/operations.ts';
import { inPartition, pages } from '../table/query.ts';

/** How far the walk over one shard has come: behind which user it goes on, null at the beginning. */
export const WalkPart = z.strictObject({ after: z.nullable(z.string()), done: z.boolean() });
export type WalkPart = z.infer<typeof WalkPart>;

/** How long positions are kept, in seconds: longer than any walk takes. */
const LIFE = 30 * 86_400;

/** Where the walk of a shard goes on. */
export async function positionOf(segment: string, ruleVersion: number, part: number): Promise<WalkPart> {
  const item = await get(key.walkPart(segment, ruleVersion, part));
  return item ? WalkPart.parse(bodyOf(item)) : { after: null, done: false };
}

/** Keeps where the walk of a shard goes on. */
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

/** How many shards have been walked to their end. Consistent. */
export async function partsDone(segment: string, ruleVersion: number): Promise<number> {
  let done = 0;
  const question = { key: inPartition(partition.walk(segment, ruleVersion)), consistent: true };
  for await (const { items } of pages(question)) {
    done += items.filter((item) => WalkPart.parse(bodyOf(item)).done).length;
  }
  return done;
}

/** How much of a walk is done, from 0 to 1. */
export async function progress(segment: string, ruleVersion: number): Promise<number> {
  return (await partsDone(segment, ruleVersion)) / connected().shards;
}
