import * as z from 'zod/mini';
import * as edges from '../data/edges.ts';
import { bodyOf, stamped } from '../data/items.ts';
import { key, partition } from '../data/keys.ts';
import { getMany } from '../data/many.ts';
import { connected, pages, put } from '../data/table.ts';
import type { Definition } from '../domain/definition.ts';
import { inParallel } from '../domain/in-parallel.ts';

/** How many members a version of a segment had, and when they were counted, in milliseconds since 1970. */
const Counted = z.strictObject({ count: z.number(), at: z.number(), ruleVersion: z.number() });
export type Counted = z.infer<typeof Counted>;

/** Counts of more members than this are kept for an hour. */
const MANY = 100_000;

/** How long a count is good, in milliseconds: it grows with what counting costs, up to a minute for 100,000 members. */
export function lifeOf(count: number): number {
  return count > MANY ? 3_600_000 : Math.min(60_000, 1_000 + count * 0.59);
}

const ofUsersOnly = { expression: 'entity = :user', values: { ':user': 'user' } };

async function everybodyIn(name: string): Promise<number> {
  let sum = 0;
  const all = { expression: 'PK = :pk', values: { ':pk': name } };
  for await (const page of pages({ key: all, count: true, filter: ofUsersOnly })) sum += page.count;
  return sum;
}

async function everybody(): Promise<number> {
  const { shards } = connected();
  const names = Array.from({ length: shards }, (_, shard) => partition.users(shard));
  const counts = await inParallel(names, shards, everybodyIn);
  return counts.reduce((sum, one) => sum + one, 0);
}

/** Counts the members of a segment now, and keeps the count. */
export async function recount({ id, kind, live }: Definition, now: number): Promise<Counted> {
  const count = kind === 'all' ? await everybody() : await edges.count({ segment: id, ruleVersion: live });
  const counted: Counted = { count, at: now, ruleVersion: live };
  await put({ ...stamped('count', counted), ...key.segmentCount(id) });
  return counted;
}

function serves(counted: Counted | undefined, definition: Definition, now: number): counted is Counted {
  return counted?.ruleVersion === definition.live && now - counted.at < lifeOf(counted.count);
}

/** The counts of some segments by id, each no older than its life; those that were never ready have none. */
export async function countsOf(definitions: readonly Definition[], now: number): Promise<ReadonlyMap<string, Counted>> {
  const counted = definitions.filter(({ kind, live }) => kind === 'all' || live > 0);
  const kept = new Map<unknown, Counted>();
  for (const item of await getMany(counted.map(({ id }) => key.segmentCount(id)))) {
    kept.set(item.SK, Counted.parse(bodyOf(item)));
  }
  const counts = await inParallel(counted, 4, async (one): Promise<[string, Counted]> => {
    const known = kept.get(one.id);
    return [one.id, serves(known, one, now) ? known : await recount(one, now)];
  });
  return new Map(counts);
}
