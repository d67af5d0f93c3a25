import { partition } from '../../data/keys.ts';
import { type Counted, keep, ofSegment, ofSegments, takeTurn } from '../../data/segments/counts.ts';
import * as edges from '../../data/segments/edges.ts';
import { connected, pages } from '../../data/table/client.ts';
import { pause } from '../../data/table/retrying.ts';
import { inParallel } from '../../domain/in-parallel.ts';
import type { Definition } from '../../domain/segments/definition.ts';

/** Counts of more members than this are kept for an hour. */
const MANY = 100_000;

/** Counting so few members costs no more than to agree with others on who does it. */
const FEW = 2_000;

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
  await keep(id, counted);
  return counted;
}

/** Which part of its life a count has behind it; past one it does not serve any more. */
function ageOf(counted: Counted | null, { live }: Definition, now: number): number {
  return counted?.ruleVersion === live ? (now - counted.at) / lifeOf(counted.count) : Number.POSITIVE_INFINITY;
}

/** How old a count gets before somebody counts again; meanwhile it serves the others. */
const RIPE = 0.8;

/** How often whoever waits for a count looks for it: some eight seconds, in which twice a million are counted. */
const MOST_LOOKS = 12;

/** The count that somebody else is making; if it does not come, one of our own. */
async function awaited(definition: Definition, now: number): Promise<Counted> {
  for (let look = 1; look <= MOST_LOOKS; look += 1) {
    const kept = await ofSegment(definition.id);
    if (kept && ageOf(kept, definition, now) < 1) return kept;
    await pause(look);
  }
  return recount(definition, now);
}

/** A count that serves: the one that is known, or a new one, which of several who ask at once only one makes. */
async function serving(known: Counted | null, definition: Definition, now: number): Promise<Counted> {
  const age = ageOf(known, definition, now);
  const isCheap = known !== null && known.count <= FEW && definition.kind !== 'all';
  if (known && age < (isCheap ? 1 : RIPE)) return known;
  if (isCheap || (await takeTurn(definition.id, known, now))) return recount(definition, now);
  return known && age < 1 ? known : awaited(definition, now);
}

/** The counts of some segments by id, each no older than its life; those that were never ready have none. */
export async function countsOf(definitions: readonly Definition[], now: number): Promise<ReadonlyMap<string, Counted>> {
  const counted = definitions.filter(({ kind, live }) => kind === 'all' || live > 0);
  const kept = await ofSegments(counted.map(({ id }) => id));
  const counts = await inParallel(counted, 4, async (one): Promise<[string, Counted]> => {
    return [one.id, await serving(kept.get(one.id) ?? null, one, now)];
  });
  return new Map(counts);
}
