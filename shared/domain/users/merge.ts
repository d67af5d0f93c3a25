import type { Schema } from '../properties/property.ts';
import { fold } from '../values/fold.ts';
import type { Value, Values } from '../values/value.ts';
import type { Change, ListChange, RowFault } from './change.ts';
import { MAX_COMPANIES, MAX_PROFILE_BYTES, MAX_TAGS, type Profile, type Source, type Verdict } from './user.ts';

/** The fields of a new user that no change gives: its id, the times of sign-up and creation, and its source. */
export type Birth = { readonly id: string; readonly signedUpAt: string; readonly now: string; readonly source: Source };

/** An empty profile, which the first change makes a user. Revision and version 0 are never stored. */
export function unborn({ id, signedUpAt, now, source }: Birth): Profile {
  return {
    id,
    status: 'active',
    statusReason: null,
    properties: {},
    aliases: [],
    tags: [],
    companies: [],
    signedUpAt,
    createdAt: now,
    updatedAt: now,
    lastSeenAt: null,
    source,
    version: 0,
    revision: 0,
    lists: [],
    lastRow: null,
  };
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, index) => one === b[index]);
}

function sameValue(a: Value | null, b: Value | null): boolean {
  return a === b || (Array.isArray(a) && Array.isArray(b) && sameList(a, b));
}

/** Unites by the folded spelling; the first spelling stays. */
function united(
  before: readonly string[],
  given: readonly string[],
  spelling: (text: string) => string,
): readonly string[] {
  if (before.length === 0) return given;
  const seen = new Set(before.map(spelling));
  const fresh = given.filter((one) => !seen.has(spelling(one)));
  return fresh.length === 0 ? before : [...before, ...fresh];
}

function changedList(
  before: readonly string[],
  change: ListChange | undefined,
  spelling: (text: string) => string,
): readonly string[] {
  if (!change) return before;
  const next = change.mode === 'merge' ? united(before, change.values, spelling) : change.values;
  return sameList(before, next) ? before : next;
}

/** The value of a property after a change; null when it has none then. */
function valueAfter(
  key: string,
  was: Value | undefined,
  given: Change['properties'],
  kept: (key: string) => boolean,
): Value | null {
  if (key in given) return given[key] ?? null;
  return kept(key) ? (was ?? null) : null;
}

/** Puts what is given and was not there; whether there was any. */
function addTo(next: Record<string, Value>, before: Values, given: Change['properties']): boolean {
  let added = false;
  for (const key in given) {
    const value = given[key] ?? null;
    if (value === null || key in before) continue;
    next[key] = value;
    added = true;
  }
  return added;
}

/** The properties after a change, the same object when none of them is another. */
function changedProperties(before: Values, given: Change['properties'], kept: (key: string) => boolean): Values {
  const next: Record<string, Value> = {};
  let same = true;
  for (const key of Object.keys(before)) {
    const value = valueAfter(key, before[key], given, kept);
    if (value !== null) next[key] = value;
    if (!sameValue(before[key] ?? null, value)) same = false;
  }
  const added = addTo(next, before, given);
  return same && !added ? before : next;
}

/** The reason why a profile cannot be kept: it has no identifier, or is too large. Null when it can be kept. */
function refusal(profile: Profile, known: boolean, schema: Schema): RowFault | null {
  if (schema.identifiers.some((field) => profile.properties[field] !== undefined)) return tooMuch(profile);
  return known ? { ...unidentified(schema), code: 'lastIdentifier' } : unidentified(schema);
}

/** The fault of a new user whom nothing identifies. */
export function unidentified(schema: Pick<Schema, 'identifiers'>): RowFault {
  return { code: 'noIdentifier', detail: `a user needs one of ${schema.identifiers.join(', ')}` };
}

/** A code unit takes at most six bytes as JSON (`\u0000`), a number or a boolean fewer than these with its comma. */
const UNIT_BYTES = 6;
const SCALAR_BYTES = 32;

function mostBytesOf(value: Value): number {
  if (typeof value === 'string') return value.length * UNIT_BYTES + SCALAR_BYTES;
  if (typeof value !== 'object') return SCALAR_BYTES;
  let bytes = SCALAR_BYTES;
  for (const one of value) bytes += mostBytesOf(one);
  return bytes;
}

/** More bytes than a profile takes as JSON, by a count that costs nothing. */
function mostBytes({ properties, tags, companies }: Profile): number {
  let bytes = mostBytesOf(tags) + mostBytesOf(companies);
  for (const key in properties) bytes += key.length * UNIT_BYTES + mostBytesOf(properties[key] ?? '');
  return bytes;
}

function tooMuch(profile: Profile): RowFault | null {
  if (profile.tags.length > MAX_TAGS) {
    return { code: 'tooMany', field: 'tags', detail: `a user has at most ${MAX_TAGS} tags` };
  }
  if (profile.companies.length > MAX_COMPANIES) {
    return { code: 'tooMany', field: 'companies', detail: `a user is in at most ${MAX_COMPANIES} companies` };
  }
  // Most profiles are proven small without being written down.
  if (mostBytes(profile) <= MAX_PROFILE_BYTES) return null;
  const text = JSON.stringify([profile.properties, profile.tags, profile.companies]);
  if (Buffer.byteLength(text) > MAX_PROFILE_BYTES) {
    return { code: 'profileTooLarge', detail: `a profile holds at most ${MAX_PROFILE_BYTES} bytes` };
  }
  return null;
}

type Changed = Pick<Profile, 'properties' | 'tags' | 'companies' | 'status'>;

/** Lists and properties that did not change are the same objects. */
function isSame(before: Changed, next: Changed): boolean {
  return (
    before.properties === next.properties &&
    before.tags === next.tags &&
    before.companies === next.companies &&
    before.status === next.status
  );
}

/** The result of a change: the profile is unchanged, or a new one, or the change is refused. */
export type Merged =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed'; readonly profile: Profile }
  | { readonly kind: 'refused'; readonly fault: RowFault };

/**
 * Applies a change to a profile: the one way by which a user of any door becomes another.
 *
 * `version`, `revision` and `updatedAt` move only when something is another. With `replace`, what the change does not
 * give is cleared, but never status, companies, the sign-up time, archived values and manual segments.
 *
 * @param now the time of the change, as the API writes times
 */
export function merged(
  before: Profile,
  change: Change,
  { now, schema, replace = false }: { readonly now: string; readonly schema: Schema; readonly replace?: boolean },
): Merged {
  const isKept = (field: string) => change.keep?.includes(field) === true;
  const kept = (key: string) => !replace || schema.properties.get(key)?.archived !== false || isKept(key);
  const clearsTags = replace && !isKept('tags');
  const tagChange: ListChange | undefined = change.tags ?? (clearsTags ? { mode: 'replace', values: [] } : undefined);
  const next = {
    properties: changedProperties(before.properties, change.properties, kept),
    tags: changedList(before.tags, tagChange, fold),
    companies: changedList(before.companies, change.companies, (id) => id),
    status: change.status ?? before.status,
  };
  if (before.version > 0 && isSame(before, next)) return { kind: 'unchanged' };
  const profile: Profile = {
    ...before,
    properties: next.properties,
    tags: next.tags,
    companies: next.companies,
    status: next.status,
    statusReason: next.status === before.status ? before.statusReason : null,
    updatedAt: now,
    version: before.version + 1,
    revision: before.revision + 1,
  };
  const fault = refusal(profile, before.version > 0, schema);
  return fault ? { kind: 'refused', fault } : { kind: 'changed', profile };
}

/** The verdict of a row that found this user, or none, and did this to it. */
export function verdictOf(known: boolean, result: Exclude<Merged, { kind: 'refused' }>): Verdict {
  if (!known) return 'IMPORTED';
  return result.kind === 'changed' ? 'MERGED' : 'UNCHANGED';
}
