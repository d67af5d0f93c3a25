import type { Schema } from '../../domain/properties/property.ts';
import type { Profile } from '../../domain/users/user.ts';
import { hashOf, type Key, key } from '../keys.ts';
import { type Insert, inserter } from '../table/batches.ts';
import { type Attributes, connected } from '../table/client.ts';
import type { Expression } from '../table/expression.ts';
import { isEntity, stamped } from '../table/items.ts';
import { get, put, remove } from '../table/operations.ts';
import { AGAIN, retrying } from '../table/retrying.ts';
import { checkPart, removePart, transact } from '../table/transactions.ts';
import { readProfile } from './profile-item.ts';

/** An identifier in its normal form. */
export type Identifier = { readonly field: string; readonly value: string };

/** An identifier that belongs to another user, and that user's id. */
export type Taken = { readonly field: string; readonly owner: string };

/** The life of a tombstone, in seconds: longer than any write can be late. */
const TOMBSTONE_LIFE = 7 * 86_400;

/** All identifiers of a profile, also aliases and archived ones: each has a claim in the table. */
export function identifiersOf(profile: Profile, schema: Schema): readonly Identifier[] {
  const own = [...schema.properties.values()].flatMap(({ key: field, identifier }): Identifier[] => {
    const value = profile.properties[field];
    return identifier && typeof value === 'string' ? [{ field, value }] : [];
  });
  const aliases = profile.aliases.map((alias): Identifier => {
    const colon = alias.indexOf(':');
    return { field: alias.slice(0, colon), value: alias.slice(colon + 1) };
  });
  return [...own, ...aliases];
}

/** True when a change of a profile changes none of its identifiers. */
export function keepsIdentifiers(before: Profile, after: Profile, { properties }: Schema): boolean {
  for (const { key: field, identifier } of properties.values()) {
    if (identifier && before.properties[field] !== after.properties[field]) return false;
  }
  return before.aliases === after.aliases;
}

/** The condition that an identifier has no owner, or this one. */
export function isOwnedBy(owner: string): Expression {
  return {
    expression: 'attribute_not_exists(PK) OR #owner = :owner',
    names: { '#owner': 'owner' },
    values: { ':owner': owner },
  };
}

/** The item at this key with which a user claims an identifier. */
const claimAt = (at: Key, owner: string): Key & Attributes => stamped('identifier', { PK: at.PK, SK: at.SK, owner });

const { entity, format } = stamped('identifier', {});
// Pure, so that functions that claim nothing in bulk do not carry it.
const insertClaim = /* @__PURE__ */ inserter(['PK', 'SK', 'owner', 'entity', 'format']);

/** The insert of a claim. */
export function claimInsert(at: Key, owner: string): Insert {
  return insertClaim([at.PK, at.SK, owner, entity, format]);
}

/** The item with which a user claims an identifier. It is put on the condition `isOwnedBy`. */
export function claimOf({ field, value }: Identifier, owner: string): Key & Attributes {
  return claimAt(key.identifier(field, hashOf(value, connected().secret)), owner);
}

const ownedBy = (owner: string): Expression => ({
  expression: '#owner = :owner',
  names: { '#owner': 'owner' },
  values: { ':owner': owner },
});

/**
 * Puts a tombstone at the key of a user who does not exist, so that a late commit of that user fails. An item that exists
 * at the key stays.
 */
async function putTombstone(id: string, now: number): Promise<void> {
  const expiresAt = Math.floor(now / 1000) + TOMBSTONE_LIFE;
  const tombstone = { ...stamped('void', { expiresAt }), ...key.user(id, connected().shards) };
  await put(tombstone, { expression: 'attribute_not_exists(PK)' });
}

/** The live owner of an identifier, null when it has none; or AGAIN after a step towards freeing it. */
async function liveOwner(identifier: Identifier, now: number): Promise<string | null | typeof AGAIN> {
  const at = key.identifier(identifier.field, hashOf(identifier.value, connected().secret));
  const claim = await get(at);
  if (!claim || !isEntity(claim, 'identifier')) return null;
  const owner = String(claim.owner);
  const item = await get(key.user(owner, connected().shards));
  if (!item) {
    await putTombstone(owner, now);
    return AGAIN;
  }
  const profile = readProfile(item);
  if (profile && holds(profile, identifier)) return owner;
  return (await freeClaim(at, owner, profile)) ? null : AGAIN;
}

/**
 * Frees an identifier whose owner has no profile, or one without the value: the remains of a bulk write that died. The
 * owner's key gets a tombstone first, so that a late commit fails instead of making two users with one identifier.
 *
 * @returns the owner's id when it is alive and has the value; null when the identifier is free now
 * @throws Busy
 */
function releaseIfDead(identifier: Identifier, now: number): Promise<string | null> {
  return retrying('the release of an identifier', () => liveOwner(identifier, now));
}

/** True when a profile has the value as this identifier, or as an alias from a merge. */
export function holds(profile: Profile, { field, value }: Identifier): boolean {
  return profile.properties[field] === value || profile.aliases.includes(`${field}:${value}`);
}

/** Deletes the claim of a tombstone, or of a profile on condition that the profile was not written since. */
async function freeClaim(at: Key, owner: string, profile: Profile | null): Promise<boolean> {
  if (!profile) return remove(at, ownedBy(owner));
  const isUnchanged = { expression: 'revision = :revision', values: { ':revision': profile.revision } };
  const check = checkPart(key.user(owner, connected().shards), isUnchanged);
  const outcome = await transact([removePart(at, ownedBy(owner)), check]);
  return outcome.done;
}

/** The identifiers that live users have. Identifiers of users who were never created are free afterwards. @throws Busy */
export async function takenAmong(identifiers: readonly Identifier[], now: number): Promise<readonly Taken[]> {
  const owners = await Promise.all(identifiers.map((one) => releaseIfDead(one, now)));
  return identifiers.flatMap(({ field }, index) => {
    const owner = owners[index];
    return owner ? [{ field, owner }] : [];
  });
}
