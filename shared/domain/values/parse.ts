import { Fault } from '../errors.ts';
import type { Property, PropertyType } from '../properties/property.ts';
import { hiddenIn } from './characters.ts';
import { readDay, readInstant, readTime } from './date.ts';
import { readEmail } from './email.ts';
import { identifierText } from './identifier.ts';
import { readList } from './list.ts';
import { readNumber } from './number.ts';
import { readPhone } from './phone.ts';
import { LONG_TEXT_LIMIT, normalText, readText, TEXT_LIMIT } from './text.ts';
import { readUrl } from './url.ts';
import type { Locale, Value } from './value.ts';

/** The part of a property that a parser asks about. */
export type Typed = Pick<Property, 'type' | 'identifier'>;

type Country = Pick<Locale, 'defaultCountry'>;

/**
 * The parser of one type's values in JSON. `string` is given a text in normal form that is not '', and the text as it was
 * sent; `other` is given anything that is neither a string nor null nor an empty array.
 */
type JsonParser = {
  readonly string: (text: string, raw: string, locale: Country) => Value | Fault;
  readonly other: (raw: unknown) => Value | null | Fault;
};

const NOT_A_STRING = new Fault('wrongType', 'Must be a string.');
const NOT_A_NUMBER = new Fault('wrongType', 'Must be a number.');
const NOT_A_BOOLEAN = new Fault('wrongType', 'Must be true or false.');

const ofStrings = (string: JsonParser['string']): JsonParser => ({ string, other: () => NOT_A_STRING });

const PARSERS: Readonly<Record<PropertyType, JsonParser>> = {
  text: ofStrings((text) => readText(text, TEXT_LIMIT)),
  longText: ofStrings((text) => readText(text, LONG_TEXT_LIMIT)),
  number: {
    string: () => NOT_A_NUMBER,
    other: (raw) => (typeof raw === 'number' ? readNumber(raw) : NOT_A_NUMBER),
  },
  boolean: {
    string: () => NOT_A_BOOLEAN,
    other: (raw) => (typeof raw === 'boolean' ? raw : NOT_A_BOOLEAN),
  },
  date: ofStrings(readDay),
  datetime: ofStrings(readInstant),
  time: ofStrings(readTime),
  list: {
    string: (text) => readList(text),
    other: (raw) => {
      const values = readList(raw);
      return values instanceof Fault || values.length > 0 ? values : null;
    },
  },
  email: ofStrings(readEmail),
  phone: ofStrings((text, _, locale) => readPhone(text, locale.defaultCountry)),
  url: ofStrings(readUrl),
};

/**
 * The value of a property from JSON: null when it is unset ('' after trimming, null, []), a fault when it cannot be one.
 *
 * Nothing is coerced: `"5"` is no number. What comes out is the form that is kept, answered and exported; reading it again
 * gives the same.
 */
export function readJson(property: Typed, raw: unknown, locale: Country): Value | null | Fault {
  if (typeof raw === 'string') return readString(property, raw, locale);
  if (raw === null || raw === undefined || (Array.isArray(raw) && raw.length === 0)) return null;
  return PARSERS[property.type].other(raw);
}

/**
 * The normal form of an identifier that a reference, a filter or a rule gives as text: null when it is blank.
 * Finding a user and storing one go through the same parser, so `email:ADA@…` finds ada.
 */
export function readIdentifier(property: Pick<Property, 'type'>, text: string, locale: Country): string | null | Fault {
  const value = readString({ type: property.type, identifier: true }, text, locale);
  return typeof value === 'string' || value === null || value instanceof Fault ? value : NOT_A_STRING;
}

function readString(property: Typed, raw: string, locale: Country): Value | null | Fault {
  const text = propertyText(property, raw);
  if (text instanceof Fault || text === '') return text || null;
  return withCause(PARSERS[property.type].string(text, raw, locale), raw);
}

/** A text that is to become a value, in the form that a type's parser takes, from JSON or a cell; '' when it is unset. */
export function propertyText({ type, identifier }: Typed, raw: string): string | Fault {
  const text = normalText(raw);
  return identifier && typeof text === 'string' && text !== '' ? identifierText(text, type) : text;
}

/** The value or fault that a parser gave; the fault also names an invisible character inside the text, if there is one. */
export function withCause<T>(read: T | Fault, raw: string): T | Fault {
  if (!(read instanceof Fault) || !UNREADABLE.has(read.code)) return read;
  const hidden = hiddenIn(raw);
  return hidden === null ? read : new Fault(read.code, `Holds ${hidden}. ${read.detail}`);
}

/** Codes of texts that are not written as their type asks. An e-mail's own parser says what is wrong. */
const UNREADABLE: ReadonlySet<Fault['code']> = new Set([
  'invalidNumber',
  'invalidBoolean',
  'invalidDate',
  'invalidDatetime',
  'invalidTime',
  'invalidPhone',
  'phoneNeedsCountry',
  'invalidUrl',
]);
