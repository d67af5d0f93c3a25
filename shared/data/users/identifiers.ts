import type { Schema } from '../../domain/properties/property.ts';
import type { Profile } from '../../domain/users/user.ts';
import { hashOf, type Key, key } from '../keys.ts';
import { type Insert, inserter } from '../table/batches.ts';
import { type Attributes, connected } from '../table/client.ts';
import type { Expression } from '../table/expression.ts';
import { isEntity, stamped } from '../table/items.ts';
import { get, put, remove } from '../table/operations.ts';
import { transact } from '../table/transactions.ts';
import { readProfile } from './profile-item.ts';

/** An identifier in its normal form. */
export type Identifier = { readonly field: string; readonly value: string };

/** An identifier that belongs to another user, and that user's id. */
export type Taken = { readonly field: string; readonly owner: string };

/** How long a tombstone stands, in seconds: longer than any write can be late. */
const TOMBSTONE_LIFE = 7 * 86_400;

/** All identifiers of a profile, aliases and archived ones too: what it claims in the table. */
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

/** Whether a change of a profile leaves all its identifiers as they are. */
export function keepsIdentifiers(before: Profile, after: Profile, { properties }: Schema): boolean {
  for (const { key: field, identifier } of properties.values()) {
    if (identifier && before.properties[field] !== after.properties[field]) return false;
  }
  return before.aliases === after.aliases;
}

/** The condition that an identifier is this user's, or nobody's. */
export function isOwnedBy(owner: string): Expression {
  return {
    expression: 'attribute_not_exists(PK) OR #owner = :owner',
    names: { '#owner': 'owner' },
    values: { ':owner': owner },
  };
}

/** The item by which a user claims an identifier, whose key is this. */
const claimAt = (at: Key, owner: string): Key & Attributes => stamped('identifier', { PK: at.PK, SK: at.SK, owner });

const { entity, format } = stamped('identifier', {});
// Pure, so that functions that claim nothing in bulk do not carry it.
const insertClaim = /* @__PURE__ */ inserter(['PK', 'SK', 'owner', 'entity', 'format']);

/** The insert of such an item. */
export function claimInsert(at: Key, owner: string): Insert {
  return insertClaim([at.PK, at.SK, owner, entity, format]);
}

/** The write by which a user claims an identifier: it fails when somebody else has it. */
export function claimOf({ field, value }: Identifier, owner: string): { put: Key & Attributes; condition: Expression } {
  const at = key.identifier(field, hashOf(value, connected().secret));
  return { put: claimAt(at, owner), condition: isOwnedBy(owner) };
}

const ownedBy = (owner: string): Expression => ({
  expression: '#owner = :owner',
  names: { '#owner': 'owner' },
  values: { ':owner': owner },
});

/**
 * Makes sure that a user who does not exist never will: a tombstone at its key makes a late commit fail.
 * False when something stands there already.
 */
function bury(id: string, now: number): Promise<boolean> {
  const expiresAt = Math.floor(now / 1000) + TOMBSTONE_LIFE;
  const tombstone = { ...stamped('void', { expiresAt }), ...key.user(id, connected().shards) };
  return put(tombstone, { expression: 'attribute_not_exists(PK)' });
}

/** Who owns an identifier after a look at it: a live user, nobody, or somebody to be looked at again. */
type Owner = { readonly live: string } | 'nobody' | 'again';

async function examined(identifier: Identifier, now: number): Promise<Owner> {
  const at = key.identifier(identifier.field, hashOf(identifier.value, connected().secret));
  const claim = await get(at);
  if (!claim || !isEntity(claim, 'identifier')) return 'nobody';
  const owner = String(claim.owner);
  const item = await get(key.user(owner, connected().shards));
  if (!item) {
    await bury(owner, now);
    return 'again';
  }
  const profile = readProfile(item);
  if (profile && holds(profile, identifier)) return { live: owner };
  return (await freed(at, owner, profile)) ? 'nobody' : 'again';
}

/**
 * Frees an identifier whose owner has no profile, or one that does not carry it: what a bulk write that died left behind.
 * The owner is fenced first, so that a commit that comes late fails instead of making two users of one identifier.
 *
 * @returns the owner's id when it is alive and carries the value; null when the identifier is free now
 */
async function releaseIfDead(identifier: Identifier, now: number): Promise<string | null> {
  for (;;) {
    const owner = await examined(identifier, now);
    if (owner === 'nobody') return null;
    if (owner !== 'again') return owner.live;
  }
}

/** Whether a profile holds a value as this identifier, or as an alias that came with a merge. */
export function holds(profile: Profile, { field, value }: Identifier): boolean {
  return profile.properties[field] === value || profile.aliases.includes(`${field}:${value}`);
}

/** Takes a claim away from a tombstone, or from a profile on condition that it has not been written since. */
async function freed(at: Key, owner: string, profile: Profile | null): Promise<boolean> {
  if (!profile) return remove(at, ownedBy(owner));
  const check = {
    check: key.user(owner, connected().shards),
    condition: { expression: 'revision = :revision', values: { ':revision': profile.revision } },
  };
  const outcome = await transact([{ remove: at, condition: ownedBy(owner) }, check]);
  return outcome.done;
}

/** Those of some identifiers that live users have. Those of users who never came to be are free afterwards. */
export async function takenAmong(identifiers: readonly Identifier[], now: number): Promise<readonly Taken[]> {
  const owners = await Promise.all(identifiers.map((one) => releaseIfDead(one, now)));
  return identifiers.flatMap(({ field }, index) => {
    const owner = owners[index];
    return owner ? [{ field, owner }] : [];
  });
}
