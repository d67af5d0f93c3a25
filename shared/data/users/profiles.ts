import type { Profile } from '../../domain/users/user.ts';
import { key, partition } from '../keys.ts';
import { getMany } from '../table/batches.ts';
import { connected } from '../table/client.ts';
import { inPartition, page } from '../table/query.ts';
import { parseEach } from '../table/readable.ts';
import { readProfile } from './profile-item.ts';

/** Some users by id: their profiles, and the ids of those whose item does not parse. A user in neither does not exist. */
export type Profiles = { readonly profiles: ReadonlyMap<string, Profile>; readonly unreadable: ReadonlySet<string> };

/** Reads users by id. */
export async function byIds(ids: readonly string[], { consistent = false } = {}): Promise<Profiles> {
  const { shards } = connected();
  const items = await getMany(
    ids.map((id) => key.user(id, shards)),
    { consistent },
  );
  const { values, unreadable } = parseEach(items, readProfile);
  return {
    profiles: new Map(values.map((profile) => [profile.id, profile])),
    unreadable: new Set(unreadable.map(({ SK }) => String(SK))),
  };
}

/**
 * A page of the users in one shard, by sign-up. The next page begins behind `last`, which is null at the end. Users whose
 * item does not parse are in `unreadable`, by id.
 */
export type ProfilePage = {
  readonly profiles: readonly Profile[];
  readonly unreadable: readonly string[];
  readonly last: string | null;
};

/** Reads a page of one shard: as many users as fit into one answer of DynamoDB, or `limit`. */
export async function ofShard(
  shard: number,
  after: string | null,
  options: { readonly consistent?: boolean; readonly newestFirst?: boolean; readonly limit?: number } = {},
): Promise<ProfilePage> {
  const name = partition.users(shard);
  const from = after === null ? undefined : { PK: name, SK: after };
  const { items, next } = await page({ ...options, key: inPartition(name), after: from });
  const { values, unreadable } = parseEach(items, readProfile);
  return {
    profiles: values,
    unreadable: unreadable.map(({ SK }) => String(SK)),
    last: next ? String(next.SK) : null,
  };
}
