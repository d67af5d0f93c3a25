import { Fault } from '../errors.ts';
import type { PropertyType } from '../properties/property.ts';
import { readBooleanCell } from './boolean.ts';
import { instantAt } from './calendar.ts';
import { readTime, writeInstant } from './date.ts';
import { readDayCell, readInstantCell } from './date-cell.ts';
import { readEmailCell } from './email.ts';
import { readListCell } from './list.ts';
import { readNumberCell } from './number.ts';
import { propertyText, type Typed, withCause } from './parse.ts';
import { readPhoneCell } from './phone.ts';
import { LONG_TEXT_LIMIT, readText, TEXT_LIMIT } from './text.ts';
import { readUrl } from './url.ts';
import type { Locale, Value } from './value.ts';

/** Reads the text of a cell: in normal form and not '', and as it stands in the file. */
type FromText = (text: string, raw: string) => Value | null | Fault;

const READERS: Readonly<Record<PropertyType, (locale: Locale) => FromText>> = {
  text: () => (text) => readText(text, TEXT_LIMIT),
  longText: () => (text) => readText(text, LONG_TEXT_LIMIT),
  number: (locale) => (text) => readNumberCell(text, locale.decimal),
  boolean: () => readBooleanCell,
  date: (locale) => (text) => readDayCell(text, locale.dateFormat),
  datetime: (locale) => (text) => readDatetimeCell(text, locale),
  time: () => readTime,
  list: () => readListCell,
  email: () => readEmailCell,
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
  return (cell) => {
    const text = propertyText(property, cell);
    if (text instanceof Fault || text === '') return text || null;
    return withCause(read(text, cell), cell);
  };
}

/**
 * An instant in a cell; a clock time without an offset is one of the locale's time zone. Null when the cell holds nothing
 * but zeros and separators. The text is normal and not ''.
 */
export function readDatetimeCell(text: string, locale: Pick<Locale, 'timeZone' | 'dateFormat'>): string | null | Fault {
  const read = readInstantCell(text, locale.dateFormat);
  if (read === null || typeof read === 'string' || read instanceof Fault) return read;
  return writeInstant(instantAt(read.local, locale.timeZone));
}
