import pMap from 'p-map';
import { key } from '../../data/keys.ts';
import * as schemas from '../../data/schema.ts';
import * as segments from '../../data/segments/segments.ts';
import { getMany } from '../../data/table/batches.ts';
import { parseEach } from '../../data/table/readable.ts';
import { AGAIN, retrying } from '../../data/table/retrying.ts';
import * as users from '../../data/users/users.ts';
import { Problem } from '../../domain/errors.ts';
import type { Schema } from '../../domain/properties/property.ts';
import { type Definition, isPending, versionsOf, withLive, withNewList } from '../../domain/segments/definition.ts';
import { membershipName, readMembership } from '../../domain/segments/membership.ts';
import { fieldsNamed, readReference } from '../../domain/users/reference.ts';
import type { Profile } from '../../domain/users/user.ts';
import type { Locale } from '../../domain/values/value.ts';
import { writeUntilStable } from './write-until-stable.ts';
import { change, changeIfExists, noSegment } from './writes.ts';

const AT_ONCE = { concurrency: 16 };

/** The most manual segments that a user may be in. */
const MAX_LISTS = 200;

/** The users whom references name, by id, and the references that name no user, as they were sent. */
export type Resolved = { readonly users: ReadonlyMap<string, Profile>; readonly notFound: readonly string[] };

/** Finds the users whom references name, each as it is now. */
export async function resolve(references: readonly string[], schema: Schema, locale: Locale): Promise<Resolved> {
  const distinct = [...new Set(references)];
  const find = async (text: string) => {
    const reference = readReference(text, schema, locale);
    return { text, profile: reference && (await users.byReference(reference)) };
  };
  const found = await pMap(distinct, find, AT_ONCE);
  return {
    users: new Map(found.flatMap(({ profile }) => (profile ? [[profile.id, profile]] : []))),
    notFound: found.filter(({ profile }) => !profile).map(({ text }) => text),
  };
}

type ListChange = (lists: readonly string[]) => readonly string[];

/** Changes the lists of one user's profile, with retries when another write comes in between. Null: the user is gone. */
async function changeLists(profile: Profile, next: ListChange): Promise<Profile | null> {
  return retrying('the lists of a user', async (attempt) => {
    const before = attempt === 1 ? profile : await users.byId(profile.id);
    const lists = before && next(before.lists);
    if (!before || JSON.stringify(lists) === JSON.stringify(before.lists)) return before;
    const after = { ...before, lists: lists ?? [], revision: before.revision + 1 };
    return (await users.rewrite(before, after)) ? after : AGAIN;
  });
}

/** Leaves out the lists of segments that no longer exist or have a newer list. */
async function withoutStale(lists: readonly string[]): Promise<readonly string[]> {
  const items = await getMany(
    lists.map((name) => key.segment(readMembership(name).segment)),
    { consistent: true },
  );
  const { values, unreadable } = parseEach(items, segments.readDefinition);
  const inUse = values.flatMap((one) => versionsOf(one).map((version) => membershipName(one.id, version)));
  // A definition that does not parse says nothing about its lists: they stay.
  const unknown = new Set(unreadable.map(({ SK }) => SK));
  return lists.filter((name) => inUse.includes(name) || unknown.has(readMembership(name).segment));
}

const isOf = (segment: string) => (name: string) => readMembership(name).segment === segment;

/**
 * Checks that each user may be put into one more manual segment. It runs before the first write, so that a refused call
 * leaves nothing half done.
 *
 * @throws Problem `limitReached`
 */
async function assertRoom(all: ReadonlyMap<string, Profile>, segment: string): Promise<void> {
  for (const profile of all.values()) {
    if (profile.lists.length < MAX_LISTS || profile.lists.some(isOf(segment))) continue;
    const lists = await withoutStale(profile.lists);
    if (lists.length >= MAX_LISTS) {
      throw new Problem('limitReached', `A user is in at most ${MAX_LISTS} manual segments; ${profile.id} is.`);
    }
    await changeLists(profile, (has) => has.filter((one) => lists.includes(one)));
  }
}

/** Adds a membership, and removes those of the segment's other versions except the ones in `stay`. */
function adding(name: string, stay: readonly string[] = []): ListChange {
  const isOwn = isOf(readMembership(name).segment);
  const stays = (one: string) => !isOwn(one) || stay.includes(one);
  return (lists) => (lists.includes(name) ? lists : [...lists.filter(stays), name]);
}

/** The number of users who were added, of those who were members already, and the references that name no user. */
export type Added = { readonly added: number; readonly alreadyIn: number; readonly notFound: readonly string[] };

/** A manual segment. @throws Problem `notFound`, `notManual` */
async function manualSegment(id: string): Promise<Definition> {
  const definition = await segments.byId(id);
  if (!definition) throw noSegment();
  return requireManual(definition);
}

function requireManual(definition: Definition): Definition {
  if (definition.kind === 'manual') return definition;
  throw new Problem('notManual', 'The members of this segment are not a list.');
}

/**
 * Finds the users whom references name, for a manual segment.
 *
 * @throws Problem `notFound`, `notManual`
 */
export async function resolveFor(
  id: string,
  references: readonly string[],
  locale: Locale,
  now: number,
): Promise<Resolved> {
  await manualSegment(id);
  const schema = await schemas.knowing(fieldsNamed(references), 'user', now);
  return resolve(references, schema, locale);
}

/** Finds the users whom references name, for a manual segment that does not exist yet. @throws Problem `limitReached` */
export async function resolveForNew(references: readonly string[], schema: Schema, locale: Locale): Promise<Resolved> {
  const all = await resolve(references, schema, locale);
  await assertRoom(all.users, '');
  return all;
}

/** Puts users into a manual segment. @throws Problem `notFound`, `notManual`, `limitReached` */
export async function add(id: string, { users: all, notFound }: Resolved): Promise<Added> {
  return retrying('members of a segment', async () => {
    const definition = await manualSegment(id);
    const name = membershipName(id, definition.live);
    await assertRoom(all, id);
    const inIt = [...all.values()].filter(({ lists }) => lists.includes(name)).length;
    await pMap(all.values(), (profile) => changeLists(profile, adding(name)), AT_ONCE);
    const later = await manualSegment(id);
    return later.live === definition.live ? { added: all.size - inIt, alreadyIn: inIt, notFound } : AGAIN;
  });
}

/** Makes a new list the live one, unless a newer one was requested meanwhile or the segment was deleted. */
async function makeLive(id: string, ruleVersion: number, now: number): Promise<void> {
  const at = new Date(now).toISOString();
  await changeIfExists(id, (one) => (isPending(one, ruleVersion) ? withLive(one, at) : one), now);
}

/**
 * Replaces the list of a manual segment. The old list is the live one until the new one is complete. The caller starts the
 * workflow that deletes the edges of the old version, also when another call replaced the list meanwhile.
 *
 * @throws Problem `notFound`, `notManual`, `limitReached`
 */
export async function replace(
  id: string,
  { users: all, notFound }: Resolved,
  now: number,
): Promise<Added & { readonly ruleVersion: number }> {
  await assertRoom(all, id);
  const { before, after } = await change(id, (one) => withNewList(requireManual(one)), now);
  const old = membershipName(id, before.live);
  const name = membershipName(id, after.ruleVersion);
  const inIt = [...all.values()].filter(({ lists }) => lists.includes(old)).length;
  const listed = await pMap(all.values(), (profile) => changeLists(profile, adding(name, [old])), AT_ONCE);
  await writeUntilStable(
    new Map(listed.flatMap((profile) => (profile ? [[profile.id, profile]] : []))),
    (profile) => (profile?.lists.includes(name) ? { entered: [name], left: [] } : { entered: [], left: [name] }),
    now,
    () => old,
  );
  await makeLive(id, after.ruleVersion, now);
  return { added: all.size - inIt, alreadyIn: inIt, notFound, ruleVersion: after.ruleVersion };
}

/** The number of users who were removed, of those who were no members, and the references that name no user. */
export type Removed = { readonly removed: number; readonly notIn: number; readonly notFound: readonly string[] };

/** Removes users from a manual segment. @throws Problem `notFound`, `notManual` */
export async function remove(id: string, { users: all, notFound }: Resolved): Promise<Removed> {
  const name = membershipName(id, (await manualSegment(id)).live);
  const inIt = [...all.values()].filter(({ lists }) => lists.includes(name)).length;
  const isOwn = isOf(id);
  const without: ListChange = (lists) => lists.filter((one) => !isOwn(one));
  await pMap(all.values(), (profile) => changeLists(profile, without), AT_ONCE);
  return { removed: inIt, notIn: all.size - inIt, notFound };
}
