import { Fault } from '../errors.ts';
import type { PropertyType } from '../properties/property.ts';
import { readBooleanCell } from './boolean.ts';
import { instantAt } from './calendar.ts';
import { readDayCell, readInstantCell, readTime, writeInstant } from './date.ts';
import { readEmail } from './email.ts';
import { blockedIdentifier } from './identifier.ts';
import { readListCell } from './list.ts';
import { readNumberCell } from './number.ts';
import type { Typed } from './parse.ts';
import { readPhoneCell } from './phone.ts';
import { LONG_TEXT_LIMIT, normalText, readText, TEXT_LIMIT } from './text.ts';
import { readUrl } from './url.ts';
import type { Locale, Value } from './value.ts';

/** How the text of a cell becomes a value; the text is normal and not ''. */
type FromText = (text: string) => Value | null | Fault;

const READERS: Readonly<Record<PropertyType, (locale: Locale) => FromText>> = {
  text: () => (text) => readText(text, TEXT_LIMIT),
  longText: () => (text) => readText(text, LONG_TEXT_LIMIT),
  number: (locale) => (text) => readNumberCell(text, locale.decimal),
  boolean: () => readBooleanCell,
  date: (locale) => (text) => readDayCell(text, locale.dateFormat),
  datetime: (locale) => (text) => readDatetimeCell(text, locale),
  time: () => readTime,
  list: () => (text) => {
    const values = readListCell(text);
    return values instanceof Fault || values.length > 0 ? values : null;
  },
  email: () => readEmail,
  phone: (locale) => (text) => readPhoneCell(text, locale.defaultCountry),
  url: () => readUrl,
};

/** The value of a property from a cell: null when it is unset, a fault when it cannot be one. Formula escapes are not its matter. */
export function readCell(property: Typed, cell: string, locale: Locale): Value | null | Fault {
  return cellReader(property, locale)(cell);
}

/** `readCell` for many cells of one column. */
export function cellReader(property: Typed, locale: Locale): (cell: string) => Value | null | Fault {
  const read = READERS[property.type](locale);
  const { identifier } = property;
  return (cell) => {
    const text = normalText(cell);
    if (text === '') return null;
    if (text instanceof Fault) return text;
    return (identifier ? blockedIdentifier(text) : null) ?? read(text);
  };
}

/** An instant in a cell; a clock time without an offset is one of the locale's time zone. The text is normal and not ''. */
export function readDatetimeCell(text: string, locale: Pick<Locale, 'timeZone' | 'dateFormat'>): string | Fault {
  const read = readInstantCell(text, locale.dateFormat);
  if (typeof read === 'string' || read instanceof Fault) return read;
  return writeInstant(instantAt(read.local, locale.timeZone));
}
