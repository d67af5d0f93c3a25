import { hashOf, type Key, key } from '../../data/keys.ts';
import { getMany } from '../../data/table/batches.ts';
import { connected } from '../../data/table/client.ts';
import { isEntity } from '../../data/table/items.ts';
import { holds, type Identifier } from '../../data/users/identifiers.ts';
import { readProfile } from '../../data/users/profile-item.ts';
import type { Row } from '../../domain/imports/decide.ts';
import type { Given } from '../../domain/users/identity.ts';
import type { Profile } from '../../domain/users/user.ts';

/** An identifier of a row, and where its claim stands; ids of ours have none. */
export type Claimed = Identifier & { readonly at: Key | null };

/** Whom claims name, by their partitions, and the profiles of these users, by id: as read, and as decided since. */
export type Known = { readonly owners: Map<unknown, string>; readonly profiles: Map<string, Profile> };

/** An identifier, the owner named in its claim, and that owner's profile. */
export type Looked = Given & { readonly at: Key | null; readonly ownerId: string | undefined };

/** Whether an identifier is an id of ours: that names its user without a claim. */
export const isOurs = ({ field }: Identifier) => field === 'id';

/** Where the claims of some rows stand, row by row. */
export function claimsOf(rows: readonly Row[]): readonly (readonly Claimed[])[] {
  const { secret } = connected();
  const claimed = (one: Identifier): Claimed => ({
    field: one.field,
    value: one.value,
    at: isOurs(one) ? null : key.identifier(one.field, hashOf(one.value, secret)),
  });
  return rows.map(({ given }) => given.map(claimed));
}

async function profilesOf(ids: ReadonlySet<string>): Promise<Map<string, Profile>> {
  const { shards } = connected();
  const profiles = new Map<string, Profile>();
  const keys = [...ids].map((id) => key.user(id, shards));
  for (const item of await getMany(keys, { consistent: true })) {
    const profile = readProfile(item);
    if (profile) profiles.set(profile.id, profile);
  }
  return profiles;
}

/** Looks up all identifiers of some rows: half a read unit for each, and one for each known user. */
export async function lookUp(claims: readonly (readonly Claimed[])[]): Promise<Known> {
  const owners = new Map<unknown, string>();
  const ids = new Set<string>();
  const keys: Key[] = [];
  for (const { value, at } of claims.flat()) {
    if (at) keys.push(at);
    else ids.add(value);
  }
  for (const item of await getMany(keys)) if (isEntity(item, 'identifier')) owners.set(item.PK, String(item.owner));
  for (const owner of owners.values()) ids.add(owner);
  return { owners, profiles: await profilesOf(ids) };
}

/** A row's identifiers with whom they find. */
export function lookedUp(claims: readonly Claimed[], { owners, profiles }: Known): readonly Looked[] {
  return claims.map(({ field, value, at }) => {
    const ownerId = at ? owners.get(at.PK) : value;
    return { field, value, at, ownerId, owner: (ownerId !== undefined && profiles.get(ownerId)) || null };
  });
}

/**
 * Whether the owner in a claim is not there, or does not carry the value: then the row is looked at on its own. Not so
 * when it is the user whom an earlier run of this row was about to make: that claim serves.
 */
export function isUnsure(one: Looked, own: () => string): boolean {
  if (!one.at || one.ownerId === undefined) return false;
  return one.owner ? !holds(one.owner, one) : one.ownerId !== own();
}
