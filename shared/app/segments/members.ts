import { key } from '../../data/keys.ts';
import * as schemas from '../../data/schema.ts';
import * as segments from '../../data/segments/segments.ts';
import { getMany } from '../../data/table/batches.ts';
import { pause } from '../../data/table/retrying.ts';
import * as users from '../../data/users/users.ts';
import { Problem } from '../../domain/errors.ts';
import { inParallel } from '../../domain/in-parallel.ts';
import type { Schema } from '../../domain/properties/property.ts';
import { type Definition, filled, relisted, versionsOf } from '../../domain/segments/definition.ts';
import { membershipName, readMembership } from '../../domain/segments/membership.ts';
import { fieldsNamed, readReference } from '../../domain/users/reference.ts';
import type { Profile } from '../../domain/users/user.ts';
import type { Locale } from '../../domain/values/value.ts';
import { settle } from './write-until-stable.ts';
import { change, noSegment } from './writes.ts';

const AT_ONCE = 16;

/** The most manual segments that a user may be in. */
const MAX_LISTS = 200;

/** The users whom references name, each once, and the references that name nobody, as they were sent. */
export type Named = { readonly users: ReadonlyMap<string, Profile>; readonly notFound: readonly string[] };

/** Finds the users whom references name, each as it is now. */
export async function named(references: readonly string[], schema: Schema, locale: Locale): Promise<Named> {
  const distinct = [...new Set(references)];
  const found = await inParallel(distinct, AT_ONCE, async (text) => {
    const reference = readReference(text, schema, locale);
    return { text, profile: reference && (await users.byReference(reference)) };
  });
  return {
    users: new Map(found.flatMap(({ profile }) => (profile ? [[profile.id, profile]] : []))),
    notFound: found.filter(({ profile }) => !profile).map(({ text }) => text),
  };
}

type Relisting = (lists: readonly string[]) => readonly string[];

/** Writes the lists of one user, on condition that nobody writes in between. Null: the user is no more. */
async function relist(profile: Profile, next: Relisting, schema: Schema, now: number): Promise<Profile | null> {
  let before: Profile | null = profile;
  for (let attempt = 1; before; attempt += 1) {
    const lists = next(before.lists);
    if (JSON.stringify(lists) === JSON.stringify(before.lists)) return before;
    const after = { ...before, lists, revision: before.revision + 1 };
    if ((await users.replace(before, after, schema, now)).kind === 'done') return after;
    await pause(attempt);
    before = await users.byId(profile.id);
  }
  return null;
}

/** Without the lists of segments that are no more, or have another list now. */
async function withoutStale(lists: readonly string[]): Promise<readonly string[]> {
  const items = await getMany(
    lists.map((name) => key.segment(readMembership(name).segment)),
    { consistent: true },
  );
  const alive = items
    .map(segments.readDefinition)
    .flatMap((one) => versionsOf(one).map((version) => membershipName(one.id, version)));
  return lists.filter((name) => alive.includes(name));
}

const isOf = (segment: string) => (name: string) => readMembership(name).segment === segment;

/**
 * Asked before anything is written: whoever is refused finds nothing half done.
 *
 * @throws Problem `limitReached` when a user is in too many lists to be put into that of one more segment
 */
async function assertRoom(
  all: ReadonlyMap<string, Profile>,
  segment: string,
  schema: Schema,
  now: number,
): Promise<void> {
  for (const profile of all.values()) {
    if (profile.lists.length < MAX_LISTS || profile.lists.some(isOf(segment))) continue;
    const lists = await withoutStale(profile.lists);
    if (lists.length >= MAX_LISTS) {
      throw new Problem('limitReached', `A user is in at most ${MAX_LISTS} manual segments; ${profile.id} is.`);
    }
    await relist(profile, (has) => has.filter((one) => lists.includes(one)), schema, now);
  }
}

/** Adds a membership; what a user has of the segment's other versions goes, but for those that are to stay. */
function adding(name: string, stay: readonly string[] = []): Relisting {
  const isOwn = isOf(readMembership(name).segment);
  const isOther = (one: string) => !isOwn(one) || stay.includes(one);
  return (lists) => (lists.includes(name) ? lists : [...lists.filter(isOther), name]);
}

/** Who was put into a manual segment, who was in it, and the references that name nobody. */
export type Added = { readonly added: number; readonly alreadyIn: number; readonly notFound: readonly string[] };

/** A manual segment. @throws Problem `notFound`, `notManual` */
async function manual(id: string): Promise<Definition> {
  const definition = await segments.byId(id);
  if (!definition) throw noSegment();
  return asserted(definition);
}

function asserted(definition: Definition): Definition {
  if (definition.kind === 'manual') return definition;
  throw new Problem('notManual', 'The members of this segment are not a list.');
}

/**
 * The users whom references name for a manual segment, and the schema by which they were read.
 *
 * @throws Problem `notFound`, `notManual`
 */
export async function namedFor(
  id: string,
  references: readonly string[],
  locale: Locale,
  now: number,
): Promise<{ readonly all: Named; readonly schema: Schema }> {
  await manual(id);
  const schema = await schemas.knowing(fieldsNamed(references), 'user', now);
  return { all: await named(references, schema, locale), schema };
}

/** The users whom references name for a manual segment that is to be made. @throws Problem `limitReached` */
export async function namedForNew(
  references: readonly string[],
  schema: Schema,
  locale: Locale,
  now: number,
): Promise<Named> {
  const all = await named(references, schema, locale);
  await assertRoom(all.users, '', schema, now);
  return all;
}

/** Puts users into a manual segment. @throws Problem `notFound`, `notManual`, `limitReached` */
export async function add(id: string, { users: all, notFound }: Named, schema: Schema, now: number): Promise<Added> {
  for (let definition = await manual(id); ; ) {
    const name = membershipName(id, definition.live);
    await assertRoom(all, id, schema, now);
    const inIt = [...all.values()].filter(({ lists }) => lists.includes(name)).length;
    await inParallel([...all.values()], AT_ONCE, (profile) => relist(profile, adding(name), schema, now));
    const later = await manual(id);
    if (later.live === definition.live) return { added: all.size - inIt, alreadyIn: inIt, notFound };
    definition = later;
  }
}

/** Lets a new list answer, unless another one is wanted meanwhile, or the segment is no more. */
async function letAnswer(id: string, ruleVersion: number, now: number): Promise<void> {
  const isWanted = (one: Definition) => one.ruleVersion === ruleVersion && one.live !== ruleVersion;
  const next = (one: Definition) => (isWanted(one) ? filled(one, new Date(now).toISOString()) : one);
  await change(id, next, now).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'notFound') throw error;
  });
}

/**
 * Puts a new list in the place of a manual segment's members. The list that was there answers until the new one is whole.
 * What it leaves has to be swept afterwards, whatever came in between.
 *
 * @throws Problem `notFound`, `notManual`, `limitReached`
 */
export async function replace(
  id: string,
  { users: all, notFound }: Named,
  schema: Schema,
  now: number,
): Promise<Added & { readonly ruleVersion: number }> {
  await assertRoom(all, id, schema, now);
  const { before, after } = await change(id, (one) => relisted(asserted(one)), now);
  const old = membershipName(id, before.live);
  const name = membershipName(id, after.ruleVersion);
  const inIt = [...all.values()].filter(({ lists }) => lists.includes(old)).length;
  const listed = await inParallel([...all.values()], AT_ONCE, (profile) =>
    relist(profile, adding(name, [old]), schema, now),
  );
  await settle(
    new Map(listed.flatMap((profile) => (profile ? [[profile.id, profile]] : []))),
    (profile) => (profile?.lists.includes(name) ? { entered: [name], left: [] } : { entered: [], left: [name] }),
    now,
    () => old,
  );
  await letAnswer(id, after.ruleVersion, now);
  return { added: all.size - inIt, alreadyIn: inIt, notFound, ruleVersion: after.ruleVersion };
}

/** Who was taken out of a manual segment, who was not in it, and the references that name nobody. */
export type Removed = { readonly removed: number; readonly notIn: number; readonly notFound: readonly string[] };

/** Takes users out of a manual segment. @throws Problem `notFound`, `notManual` */
export async function remove(
  id: string,
  { users: all, notFound }: Named,
  schema: Schema,
  now: number,
): Promise<Removed> {
  const name = membershipName(id, (await manual(id)).live);
  const inIt = [...all.values()].filter(({ lists }) => lists.includes(name)).length;
  const isOwn = isOf(id);
  const without: Relisting = (lists) => lists.filter((one) => !isOwn(one));
  await inParallel([...all.values()], AT_ONCE, (profile) => relist(profile, without, schema, now));
  return { removed: inIt, notIn: all.size - inIt, notFound };
}
