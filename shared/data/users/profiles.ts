import type { Profile } from '../../domain/users/user.ts';
import { key, partition } from '../keys.ts';
import { getMany } from '../table/batches.ts';
import { connected } from '../table/client.ts';
import { inPartition, page } from '../table/query.ts';
import { readProfile } from './profile-item.ts';

/** The users of these ids who exist, by id. */
export async function byIds(ids: readonly string[], { consistent = false } = {}): Promise<Map<string, Profile>> {
  const { shards } = connected();
  const items = await getMany(
    ids.map((id) => key.user(id, shards)),
    { consistent },
  );
  return new Map(items.flatMap((item) => readProfile(item) ?? []).map((profile) => [profile.id, profile]));
}

/** A page of the users in one shard by sign-up. `last` is where the next one begins; null at the end. */
export type ProfilePage = { readonly profiles: readonly Profile[]; readonly last: string | null };

/** A page of one shard, as many users as one answer of the table holds, or `limit`. */
export async function ofShard(
  shard: number,
  after: string | null,
  options: { readonly consistent?: boolean; readonly newestFirst?: boolean; readonly limit?: number } = {},
): Promise<ProfilePage> {
  const name = partition.users(shard);
  const from = after === null ? undefined : { PK: name, SK: after };
  const { items, next } = await page({ ...options, key: inPartition(name), after: from });
  return { profiles: items.flatMap((item) => readProfile(item) ?? []), last: next ? String(next.SK) : null };
}
