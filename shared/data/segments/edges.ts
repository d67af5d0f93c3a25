import pMap from 'p-map';
import { readMembership } from '../../domain/segments/membership.ts';
import { key, partition } from '../keys.ts';
import { getMany } from '../table/batches.ts';
import { connected } from '../table/client.ts';
import { page, pages } from '../table/query.ts';
import { pageOfShards } from '../table/shards.ts';

/** The members of one version of a segment's rule or list. */
type Members = { readonly segment: string; readonly ruleVersion: number };

/** A page of the ids of members. The next one begins behind `last`, which is null at the end. */
export type EdgePage = { readonly users: readonly string[]; readonly last: string | null };

/** A page of a segment's members by sign-up, over all shards. Eventually consistent. */
export async function ofSegment(
  list: Members & {
    readonly after?: string | undefined;
    readonly limit: number;
    readonly newestFirst: boolean;
  },
): Promise<EdgePage> {
  const { segment, ruleVersion, ...rest } = list;
  const inShard = (shard: number) => partition.edges(segment, ruleVersion, shard);
  const { items, end } = await pageOfShards({ ...rest, partition: inShard });
  const users = items.map(({ SK }) => String(SK));
  return { users, last: end ? null : (users.at(-1) ?? null) };
}

/** A page of the members in one shard, by sign-up, oldest first. */
export async function ofShard(
  list: Members & {
    readonly shard: number;
    readonly after?: string | null;
    readonly limit?: number;
    readonly consistent?: boolean;
  },
): Promise<EdgePage> {
  const { segment, ruleVersion, shard, after = null, limit = 1_000, consistent = false } = list;
  const name = partition.edges(segment, ruleVersion, shard);
  const from = after === null ? undefined : { PK: name, SK: after };
  const key = { expression: 'PK = :pk', values: { ':pk': name } };
  const { items, next } = await page({ key, limit, consistent, after: from });
  return { users: items.map(({ SK }) => String(SK)), last: next ? String(next.SK) : null };
}

/**
 * The members in one shard with ids from `after`, not included, to `last`, included; null leaves that side open.
 * Consistent: it sees every edge that was written before.
 */
export async function between(
  { segment, ruleVersion, shard }: Members & { readonly shard: number },
  after: string | null,
  last: string | null,
): Promise<readonly string[]> {
  const values = { ':pk': partition.edges(segment, ruleVersion, shard), ':after': after ?? ' ', ':last': last ?? '~' };
  const key = { expression: 'PK = :pk AND SK BETWEEN :after AND :last', values };
  const users: string[] = [];
  for await (const { items } of pages({ key, consistent: true })) users.push(...items.map(({ SK }) => String(SK)));
  return users.filter((user) => user !== after);
}

/** Those of some memberships that a user has an edge for. Consistent. */
export async function ofUser(user: string, names: readonly string[]): Promise<readonly string[]> {
  const keyOf = (name: string) => {
    const { segment, version } = readMembership(name);
    return key.edge(segment, version, user, connected().shards);
  };
  const found = await getMany(names.map(keyOf), { consistent: true });
  const partitions = new Set(found.map(({ PK }) => PK));
  return names.filter((name) => partitions.has(keyOf(name).PK));
}

/** The number of members of a segment: its edges over all shards. Eventually consistent. */
export async function count({ segment, ruleVersion }: Members): Promise<number> {
  const { shards } = connected();
  const names = Array.from({ length: shards }, (_, shard) => partition.edges(segment, ruleVersion, shard));
  const counts = await pMap(names, countOf, { concurrency: shards });
  return counts.reduce((sum, one) => sum + one, 0);
}

async function countOf(name: string): Promise<number> {
  let sum = 0;
  const key = { expression: 'PK = :pk', values: { ':pk': name } };
  for await (const one of pages({ key, count: true })) sum += one.count;
  return sum;
}
