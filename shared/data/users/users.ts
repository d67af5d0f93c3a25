import type { Schema } from '../../domain/properties/property.ts';
import type { Reference } from '../../domain/users/reference.ts';
import type { Profile } from '../../domain/users/user.ts';
import { hashOf, key, partition } from '../keys.ts';
import { connected } from '../table/client.ts';
import type { Expression } from '../table/expression.ts';
import { isEntity } from '../table/items.ts';
import { get, put } from '../table/operations.ts';
import { readable } from '../table/readable.ts';
import { AGAIN, retrying } from '../table/retrying.ts';
import { pageOfShards } from '../table/shards.ts';
import { putPart, removePart, transact } from '../table/transactions.ts';
import { claimOf, holds, type Identifier, identifiersOf, isOwnedBy, type Taken, takenAmong } from './identifiers.ts';
import { profileItem, readProfile } from './profile-item.ts';

/** The result of a write: done; the user was written since it was read; or identifiers belong to other users. */
export type WriteResult =
  | { readonly kind: 'done' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'taken'; readonly taken: readonly Taken[] };

/** The user of this id, as it is now. */
export async function byId(id: string): Promise<Profile | null> {
  const item = await get(key.user(id, connected().shards));
  return item && readProfile(item);
}

/** The user with this identifier: the owner of its claim, when that user exists and has the value. */
export async function byIdentifier(identifier: Identifier): Promise<Profile | null> {
  const { field, value } = identifier;
  const claim = await get(key.identifier(field, hashOf(value, connected().secret)));
  if (!claim || !isEntity(claim, 'identifier')) return null;
  const profile = await byId(String(claim.owner));
  return profile && holds(profile, identifier) ? profile : null;
}

/** The user whom a reference names, as it is now. */
export function byReference(reference: Reference): Promise<Profile | null> {
  return reference.kind === 'id' ? byId(reference.id) : byIdentifier(reference);
}

/**
 * Creates a user, with all its identifiers or not at all. Costs 2 × (1 + identifiers) write units and one round trip.
 *
 * @returns `stale` when its own key exists already
 * @throws Busy
 */
export function create(profile: Profile, schema: Schema, now: number): Promise<WriteResult> {
  const identifiers = identifiersOf(profile, schema);
  const item = putPart(profileItem(profile), { expression: 'attribute_not_exists(PK)' });
  const parts = [item, ...identifiers.map((one) => claimPart(one, profile.id))];
  return retrying('a new user', async () => {
    const outcome = await transact(parts);
    if (outcome.done) return { kind: 'done' };
    const taken = await takenAmong(
      identifiers.filter((_, index) => outcome.failed.has(index + 1)),
      now,
    );
    if (taken.length > 0) return { kind: 'taken', taken };
    // The claims in the way were of users who were never created, and are deleted now: the transaction is sent again.
    return outcome.failed.has(0) ? { kind: 'stale' } : AGAIN;
  });
}

/** The condition that nobody has written a profile since it was read. */
const isUnchanged = ({ revision }: Profile): Expression => ({
  expression: 'revision = :revision AND entity = :user',
  values: { ':revision': revision, ':user': 'user' },
});

/** Writes a profile with the same identifiers over the one that was read: one write unit. False: it is stale. */
export function rewrite(before: Profile, after: Profile): Promise<boolean> {
  return put(profileItem(after), isUnchanged(before));
}

/**
 * Writes a profile over the one that was read, claims the identifiers it gained and frees those it lost.
 *
 * One write unit when no identifier changed; else two for the profile and each identifier.
 */
export async function replace(before: Profile, after: Profile, schema: Schema, now: number): Promise<WriteResult> {
  const had = identifiersOf(before, schema);
  const has = identifiersOf(after, schema);
  const differs = (one: Identifier) => (other: Identifier) => other.field !== one.field || other.value !== one.value;
  const gained = has.filter((one) => had.every(differs(one)));
  const lost = had.filter((one) => has.every(differs(one)));
  if (gained.length + lost.length === 0) return (await rewrite(before, after)) ? { kind: 'done' } : { kind: 'stale' };
  const outcome = await transact([
    putPart(profileItem(after), isUnchanged(before)),
    ...gained.map((one) => claimPart(one, after.id)),
    ...lost.map((one) => removePart(claimOf(one, after.id), isOwnedBy(after.id))),
  ]);
  if (outcome.done) return { kind: 'done' };
  if (outcome.failed.has(0)) return { kind: 'stale' };
  const taken = await takenAmong(
    gained.filter((_, index) => outcome.failed.has(index + 1)),
    now,
  );
  return taken.length > 0 ? { kind: 'taken', taken } : { kind: 'stale' };
}

/** Deletes a user and frees its identifiers; the stream erases the rest. False when it was written since it was read. */
export async function remove(profile: Profile, schema: Schema): Promise<boolean> {
  const outcome = await transact([
    removePart(key.user(profile.id, connected().shards), {
      expression: 'revision = :revision',
      values: { ':revision': profile.revision },
    }),
    ...identifiersOf(profile, schema).map((one) => removePart(claimOf(one, profile.id), isOwnedBy(profile.id))),
  ]);
  return outcome.done;
}

/** The write with which a user claims an identifier: it fails when another user has it. */
const claimPart = (one: Identifier, owner: string) => putPart(claimOf(one, owner), isOwnedBy(owner));

/** A page of users by sign-up. The next page begins behind `last`, which is null at the end. */
export type UserPage = { readonly users: readonly Profile[]; readonly last: string | null };

/** A page of all users by sign-up time, newest or oldest first. Eventually consistent. */
export async function bySignUp(list: {
  readonly after?: string | undefined;
  readonly limit: number;
  readonly newestFirst: boolean;
}): Promise<UserPage> {
  const { items, end } = await pageOfShards({ ...list, partition: partition.users });
  const users = readable(items, readProfile);
  const last = items.at(-1)?.SK;
  return { users, last: end || last === undefined ? null : String(last) };
}
