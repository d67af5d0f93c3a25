import pMap from 'p-map';
import { partition } from '../../data/keys.ts';
import { type Counted, keep, ofSegment, ofSegments, takeLock } from '../../data/segments/counts.ts';
import * as edges from '../../data/segments/edges.ts';
import { backOff } from '../../data/table/back-off.ts';
import { connected } from '../../data/table/client.ts';
import { pages } from '../../data/table/query.ts';
import type { Definition } from '../../domain/segments/definition.ts';

/** A count of more members than this is used for an hour. */
const MANY = 100_000;

/** Counting so few members costs no more than taking the lock. */
const FEW = 2_000;

/** The life of a count in milliseconds. It grows with the cost of counting, up to a minute for 100,000 members. */
export function lifeOf(count: number): number {
  return count > MANY ? 3_600_000 : Math.min(60_000, 1_000 + count * 0.59);
}

const ofUsersOnly = { expression: 'entity = :user', values: { ':user': 'user' } };

async function countUsersIn(name: string): Promise<number> {
  let sum = 0;
  const all = { expression: 'PK = :pk', values: { ':pk': name } };
  for await (const page of pages({ key: all, count: true, filter: ofUsersOnly })) sum += page.count;
  return sum;
}

async function countAllUsers(): Promise<number> {
  const { shards } = connected();
  const names = Array.from({ length: shards }, (_, shard) => partition.users(shard));
  const counts = await pMap(names, countUsersIn, { concurrency: shards });
  return counts.reduce((sum, one) => sum + one, 0);
}

/** Counts the members of a segment now, and stores the count. */
export async function recount({ id, kind, live }: Definition, now: number): Promise<Counted> {
  const count = kind === 'all' ? await countAllUsers() : await edges.count({ segment: id, ruleVersion: live });
  const counted: Counted = { count, at: now, ruleVersion: live };
  await keep(id, counted);
  return counted;
}

/** The age of a count as a share of its life. A count is used up to 1; one of another version never. */
function ageOf(counted: Counted | null, { live }: Definition, now: number): number {
  return counted?.ruleVersion === live ? (now - counted.at) / lifeOf(counted.count) : Number.POSITIVE_INFINITY;
}

/** The age at which one caller counts again, while the others still use the old count. */
const REFRESH_AT = 0.8;

/** The most reads of a caller that waits for the count of another one: some eight seconds, enough for two million members. */
const MOST_READS = 12;

/** Waits for the count of another caller; counts itself when none comes. */
async function waitForCount(definition: Definition, now: number): Promise<Counted> {
  for (let attempt = 1; attempt <= MOST_READS; attempt += 1) {
    const kept = await ofSegment(definition.id);
    if (kept && ageOf(kept, definition, now) < 1) return kept;
    await backOff(attempt);
  }
  return recount(definition, now);
}

/** The stored count while it may be used, or a new one. Of several callers at once only one counts. */
async function usableCount(known: Counted | null, definition: Definition, now: number): Promise<Counted> {
  const age = ageOf(known, definition, now);
  const isCheap = known !== null && known.count <= FEW && definition.kind !== 'all';
  if (known && age < (isCheap ? 1 : REFRESH_AT)) return known;
  if (isCheap || (await takeLock(definition.id, known, now))) return recount(definition, now);
  return known && age < 1 ? known : waitForCount(definition, now);
}

/** The counts of some segments by id, each within its life. A segment that was never ready has none. */
export async function countsOf(definitions: readonly Definition[], now: number): Promise<ReadonlyMap<string, Counted>> {
  const counted = definitions.filter(({ kind, live }) => kind === 'all' || live > 0);
  const kept = await ofSegments(counted.map(({ id }) => id));
  const countOne = async (one: Definition): Promise<[string, Counted]> => {
    return [one.id, await usableCount(kept.get(one.id) ?? null, one, now)];
  };
  return new Map(await pMap(counted, countOne, { concurrency: 4 }));
}
