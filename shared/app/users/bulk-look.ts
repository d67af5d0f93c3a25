import { hashOf, type Key, key } from '../../data/keys.ts';
import { getMany } from '../../data/table/batches.ts';
import { connected } from '../../data/table/client.ts';
import { isEntity } from '../../data/table/items.ts';
import { holds, type Identifier } from '../../data/users/identifiers.ts';
import { readProfile } from '../../data/users/profile-item.ts';
import type { Row } from '../../domain/imports/decide.ts';
import type { Given } from '../../domain/users/identity.ts';
import type { Profile } from '../../domain/users/user.ts';

/** An identifier of a row, and the key of its claim; null for a user id of Roster, which has no claim. */
export type Claimed = Identifier & { readonly at: Key | null };

/** The owners in claims by partition key, and their profiles by id: as they were read, or as earlier rows changed them. */
export type Known = { readonly owners: Map<unknown, string>; readonly profiles: Map<string, Profile> };

/** An identifier, the owner named in its claim, and that owner's profile. */
export type Looked = Given & { readonly at: Key | null; readonly ownerId: string | undefined };

/** True for a user id of Roster: it identifies its user without a claim. */
export const isOurs = ({ field }: Identifier) => field === 'id';

/** The identifiers of some rows with the keys of their claims, row by row. */
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

/** A row's identifiers with the users whom they identify. */
export function lookedUp(claims: readonly Claimed[], { owners, profiles }: Known): readonly Looked[] {
  return claims.map(({ field, value, at }) => {
    const ownerId = at ? owners.get(at.PK) : value;
    return { field, value, at, ownerId, owner: (ownerId !== undefined && profiles.get(ownerId)) || null };
  });
}

/**
 * True when the owner in a claim does not exist, or does not have the value: then the row is applied on its own. A claim
 * that an earlier run of this row wrote for its new user is valid.
 */
export function isUnsure(one: Looked, own: () => string): boolean {
  if (!one.at || one.ownerId === undefined) return false;
  return one.owner ? !holds(one.owner, one) : one.ownerId !== own();
}
