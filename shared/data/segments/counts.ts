import * as z from 'zod/mini';
import { key } from '../keys.ts';
import { getMany } from '../table/batches.ts';
import type { Attributes } from '../table/client.ts';
import { stamped } from '../table/items.ts';
import { get, put, update } from '../table/operations.ts';
import { readable } from '../table/readable.ts';

/** The number of members of a version of a segment, and the time of the count, in milliseconds since 1970. */
export const Counted = z.object({ count: z.number(), at: z.number(), ruleVersion: z.number() });
export type Counted = z.infer<typeof Counted>;

/** The life of a stored count, in seconds: longer than any count is shown. The count of a deleted segment expires too. */
const KEPT = 86_400;

/** The time for which the lock of a count is valid, in milliseconds: no function that counts runs for longer. */
const LOCK_LIFE = 30_000;

/** The count in an item; null while the first one is under way. */
function countIn(item: Attributes | null): Counted | null {
  return item?.at === undefined ? null : Counted.parse(item);
}

/** The last counts of some segments, by id. Eventually consistent. */
export async function ofSegments(ids: readonly string[]): Promise<ReadonlyMap<string, Counted>> {
  const items = await getMany(ids.map(key.segmentCount));
  const entryOf = (item: Attributes): [string, Counted] | null => {
    const counted = countIn(item);
    return counted && [String(item.SK), counted];
  };
  return new Map(readable(items, entryOf));
}

/** The last count of a segment, as it is now; null before the first. */
export async function ofSegment(id: string): Promise<Counted | null> {
  return countIn(await get(key.segmentCount(id)));
}

const endAt = (now: number) => Math.floor(now / 1000) + KEPT;

/** Stores a count, and releases the lock. */
export async function keep(id: string, counted: Counted): Promise<void> {
  await put({ ...stamped('count', { ...counted, expiresAt: endAt(counted.at) }), ...key.segmentCount(id) });
}

/** Takes the lock for a new count. False when another process has it, or has counted since `seen` was read. */
export async function takeLock(id: string, seen: Counted | null, now: number): Promise<boolean> {
  const { entity, format } = stamped('count', {});
  const change = {
    expression: 'SET lockedUntil = :until, expiresAt = :end, #entity = :entity, #format = :format',
    names: { '#entity': 'entity', '#format': 'format' },
    values: { ':until': now + LOCK_LIFE, ':end': endAt(now), ':entity': entity, ':format': format },
  };
  const isAsSeen = seen ? '#at = :at' : 'attribute_not_exists(#at)';
  const mine = await update(key.segmentCount(id), change, {
    expression: `${isAsSeen} AND (attribute_not_exists(lockedUntil) OR lockedUntil <= :now)`,
    names: { '#at': 'at' },
    values: { ':now': now, ...(seen && { ':at': seen.at }) },
  });
  return mine !== null;
}
