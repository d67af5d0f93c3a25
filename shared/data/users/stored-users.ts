import type { Profile } from '../../domain/users/user.ts';
import { partition } from '../keys.ts';
import type { Attributes } from '../table/client.ts';
import { isEntity } from '../table/items.ts';
import { inPartition, page } from '../table/query.ts';
import { readable } from '../table/readable.ts';

/** A page of the users in one shard by id. The next page begins behind `last`, which is null at the end. */
export type StoredUsers = { readonly users: readonly Profile[]; readonly last: string | null };

/** True for a profile, by three of its attributes: the code that wrote the item parsed all of them. */
function isProfile(item: Readonly<Record<string, unknown>>): item is Profile {
  return typeof item.id === 'string' && typeof item.revision === 'number' && typeof item.properties === 'object';
}

/**
 * The profile in an item; null for a tombstone. Made for exports of millions of users: it checks the entity and takes the
 * values as they were written, which is some ten times as fast as parsing them again.
 */
export function storedProfile(item: Attributes): Profile | null {
  if (!isEntity(item, 'user')) return null;
  const profile = {
    id: item.SK,
    status: item.status,
    statusReason: item.statusReason ?? null,
    properties: item.properties,
    aliases: item.aliases ?? [],
    tags: item.tags ?? [],
    companies: item.companies ?? [],
    signedUpAt: item.signedUpAt,
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
    lastSeenAt: item.lastSeenAt ?? null,
    source: item.source,
    version: item.version,
    revision: item.revision,
    lists: item.lists ?? [],
    lastRow: item.lastRow ?? null,
  };
  if (!isProfile(profile)) throw new Error('an item of a user holds no profile');
  return profile;
}

/** As many users of one shard as fit into one answer of DynamoDB. Eventually consistent. */
export async function storedUsers(shard: number, after: string | null): Promise<StoredUsers> {
  const name = partition.users(shard);
  const { items, next } = await page({
    key: inPartition(name),
    after: after === null ? undefined : { PK: name, SK: after },
  });
  return { users: readable(items, storedProfile), last: next ? String(next.SK) : null };
}
