import type { Profile } from '../users/user.ts';
import { fold } from '../values/fold.ts';
import type { Value } from '../values/value.ts';

/**
 * A profile laid out for tests: the value of each field stands at the slot of that field.
 *
 * Thousands of rules look at one user, so a field is found and folded once per user and not once per rule. `now` is the
 * time of the question in milliseconds; a test that depends on it lowers `until` to the moment at which time alone could
 * turn its answer, which stays at Infinity while no clock is involved.
 */
export type Subject = {
  readonly values: (Value | null)[];
  readonly texts: (string | null | undefined)[];
  readonly elements: (readonly string[] | null | undefined)[];
  now: number;
  until: number;
};

/** One compiled condition, or a whole rule: whether it holds for a subject. */
export type Test = (subject: Subject) => boolean;

type Reader = (profile: Profile) => Value | null | undefined;

/** The slot of each field; fields are added while rules are compiled. */
export type Layout = { readonly slots: Map<string, number>; readonly readers: Reader[]; readonly fields: string[] };

/** A layout that no rule has asked for a field yet. */
export function newLayout(): Layout {
  return { slots: new Map(), readers: [], fields: [] };
}

/** The slot of a field, made when this is the first rule to ask for it. */
export function slotOf(layout: Layout, field: string): number {
  const known = layout.slots.get(field);
  if (known !== undefined) return known;
  const slot = layout.readers.push(readerOf(field)) - 1;
  layout.slots.set(field, slot);
  layout.fields.push(field);
  return slot;
}

/** A subject that holds no profile yet. */
export function newSubject(): Subject {
  return { values: [], texts: [], elements: [], now: 0, until: Number.POSITIVE_INFINITY };
}

/** Puts a profile in the place of the one that the subject held; null leaves every field unset. */
export function load(subject: Subject, layout: Layout, profile: Profile | null, now: number): void {
  const { readers } = layout;
  for (let slot = 0; slot < readers.length; slot += 1) {
    const value = profile === null ? null : readers[slot]?.(profile);
    subject.values[slot] = isSet(value) ? value : null;
    subject.texts[slot] = undefined;
    subject.elements[slot] = undefined;
  }
  subject.now = now;
  subject.until = Number.POSITIVE_INFINITY;
}

/** The folded text at a slot; null when the field is unset or holds no text. */
export function foldedText(subject: Subject, slot: number): string | null {
  const known = subject.texts[slot];
  if (known !== undefined) return known;
  const value = subject.values[slot];
  const text = typeof value === 'string' ? fold(value) : null;
  subject.texts[slot] = text;
  return text;
}

/** The folded elements of the list at a slot; null when the field is unset or holds no list. */
export function foldedElements(subject: Subject, slot: number): readonly string[] | null {
  const known = subject.elements[slot];
  if (known !== undefined) return known;
  const elements = elementsOf(subject, slot)?.map(fold) ?? null;
  subject.elements[slot] = elements;
  return elements;
}

/** The elements of the list at a slot as they are; null when the field is unset or holds no list. */
export function elementsOf(subject: Subject, slot: number): readonly string[] | null {
  const value = subject.values[slot];
  return typeof value === 'object' ? value : null;
}

function isSet(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined && (typeof value === 'object' ? value.length > 0 : value !== '');
}

function readerOf(field: string): Reader {
  switch (field) {
    case 'id':
      return (profile) => profile.id;
    case 'tags':
      return (profile) => profile.tags;
    case 'companies':
      return (profile) => profile.companies;
    case 'status':
      return (profile) => profile.status;
    case 'source':
      return (profile) => profile.source;
    case 'signedUpAt':
      return (profile) => profile.signedUpAt;
    case 'createdAt':
      return (profile) => profile.createdAt;
    case 'updatedAt':
      return (profile) => profile.updatedAt;
    case 'lastSeenAt':
      return (profile) => profile.lastSeenAt;
    default:
      return (profile) => profile.properties[field];
  }
}
