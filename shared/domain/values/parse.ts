import { Fault } from '../errors.ts';
import type { Property, PropertyType } from '../properties/property.ts';
import { readDay, readInstant, readTime } from './date.ts';
import { readEmail } from './email.ts';
import { blockedIdentifier } from './identifier.ts';
import { readList } from './list.ts';
import { readNumber } from './number.ts';
import { readPhone } from './phone.ts';
import { LONG_TEXT_LIMIT, normalText, readText, TEXT_LIMIT } from './text.ts';
import { readUrl } from './url.ts';
import type { Locale, Value } from './value.ts';

/** What a parser asks about a property. */
export type Typed = Pick<Property, 'type' | 'identifier'>;

const NOT_A_STRING = new Fault('wrongType', 'Must be a string.');
const NOT_A_NUMBER = new Fault('wrongType', 'Must be a number.');
const NOT_A_BOOLEAN = new Fault('wrongType', 'Must be true or false.');

/** How a string in JSON becomes a value; the text is normal and not ''. */
const FROM_TEXT: Readonly<
  Record<PropertyType, (text: string, locale: Pick<Locale, 'defaultCountry'>) => Value | Fault>
> = {
  text: (text) => readText(text, TEXT_LIMIT),
  longText: (text) => readText(text, LONG_TEXT_LIMIT),
  number: () => NOT_A_NUMBER,
  boolean: () => NOT_A_BOOLEAN,
  date: readDay,
  datetime: readInstant,
  time: readTime,
  list: (text) => readList(text),
  email: readEmail,
  phone: (text, locale) => readPhone(text, locale.defaultCountry),
  url: readUrl,
};

/** How anything but a string in JSON becomes a value, for the types whose values are not strings. */
const FROM_OTHER: Readonly<Partial<Record<PropertyType, (raw: unknown) => Value | null | Fault>>> = {
  number: (raw) => (typeof raw === 'number' ? readNumber(raw) : NOT_A_NUMBER),
  boolean: (raw) => (typeof raw === 'boolean' ? raw : NOT_A_BOOLEAN),
  list: (raw) => {
    const values = readList(raw);
    return values instanceof Fault || values.length > 0 ? values : null;
  },
};

/**
 * The value of a property from JSON: null when it is unset ('' after trimming, null, []), a fault when it cannot be one.
 *
 * Nothing is coerced: `"5"` is no number. What comes out is the form that is kept, answered and exported; reading it again
 * gives the same.
 */
export function readJson(property: Typed, raw: unknown, locale: Pick<Locale, 'defaultCountry'>): Value | null | Fault {
  if (typeof raw === 'string') return readString(property, raw, locale);
  if (raw === null || raw === undefined || (Array.isArray(raw) && raw.length === 0)) return null;
  const read = FROM_OTHER[property.type];
  return read ? read(raw) : NOT_A_STRING;
}

/**
 * The normal form of an identifier that a reference, a filter or a rule gives as text: null when it is blank.
 * Finding a user and storing one go through the same parser, so `email:ADA@…` finds ada.
 */
export function readIdentifier(
  property: Pick<Property, 'type'>,
  text: string,
  locale: Pick<Locale, 'defaultCountry'>,
): string | null | Fault {
  const value = readString({ type: property.type, identifier: true }, text, locale);
  return typeof value === 'string' || value === null || value instanceof Fault ? value : NOT_A_STRING;
}

function readString(property: Typed, raw: string, locale: Pick<Locale, 'defaultCountry'>): Value | null | Fault {
  const text = normalText(raw);
  if (text instanceof Fault) return text;
  if (text === '') return null;
  const blocked = property.identifier ? blockedIdentifier(text) : null;
  return blocked ?? FROM_TEXT[property.type](text, locale);
}
