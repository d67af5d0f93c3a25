import { Fault } from '../errors.ts';
import type { PropertyType } from '../properties/property.ts';
import { below, membersOf, type Report } from '../report.ts';
import { readJson } from '../values/parse.ts';
import { normalText } from '../values/text.ts';
import type { Locale } from '../values/value.ts';
import { type FieldKind, WORDS } from './kinds.ts';
import type { OperandName } from './operand.ts';
import type { Operand, Size } from './rule.ts';

/** The field for which an operand is read (kind and type), and how the deployment reads what is ambiguous. */
export type Wanted = { readonly kind: FieldKind; readonly type: PropertyType; readonly locale: Locale };

type Read<T> = (raw: unknown, pointer: string, wanted: Wanted, report: Report) => T | undefined;

const LIST_LIMIT = 500;

const REQUIRED = new Fault('required', 'Must not be blank: ask for blank fields with missing.');
const NO_ELEMENT = new Fault('required', 'Must hold at least one value.');
const NOT_A_LIST = new Fault('wrongType', 'Must be an array of 1 to 500 values.');
const NOT_A_PAIR = new Fault('wrongType', 'Must be an array of two values, [from, to].');
const TOO_MANY = new Fault('tooMany', `Has more than ${LIST_LIMIT} values.`);
const NOT_A_SIZE = new Fault('wrongType', 'Must be an object such as {"atLeast": 1, "atMost": 5}.');
const NO_END = new Fault('required', 'Must have atLeast, atMost or both.');
const NOT_AN_END = new Fault('unknownKey', 'Only atLeast and atMost are known here.');
const NOT_WHOLE = new Fault('outOfRange', 'Must be a whole number, not below 0.');
const NOT_A_NUMBER = new Fault('wrongType', 'Must be a number.');
const NOT_A_STRING = new Fault('wrongType', 'Must be a string.');
const NOT_A_VALUE = new Fault('wrongType', 'This field cannot be compared with such a value.');
const BACKWARDS = new Fault('outOfRange', 'The first of the two must not lie behind the second.');
const MIXED = new Fault('wrongType', 'Must be two days or two instants, not one of each.');

const text = oneOf('text', isString);
const number = oneOf('number', isNumber);
const day = oneOf('date', isString);
const instant = oneOf('datetime', isString);
const time = oneOf('time', isString);

const moment: Read<string> = (raw, pointer, wanted, report) =>
  (isDayLike(raw) ? day : instant)(raw, pointer, wanted, report);

/** A text as the field holds it: as long as its type allows, and an identifier as a user's own would be read. */
const fieldText: Read<string> = (raw, pointer, wanted, report) =>
  oneOf(wanted.type === 'longText' ? 'longText' : 'text', isString, wanted.kind === 'identifier')(
    raw,
    pointer,
    wanted,
    report,
  );

const address: Read<string> = (raw, pointer, wanted, report) =>
  oneOf(wanted.type, isString)(raw, pointer, wanted, report);

const word: Read<string> = (raw, pointer, { kind }, report) => {
  if (typeof raw !== 'string') return report.add(pointer, NOT_A_STRING);
  const words = kind === 'status' || kind === 'source' ? WORDS[kind] : [];
  return words.includes(raw)
    ? raw
    : report.add(pointer, new Fault('notAllowed', `Must be one of ${words.join(', ')}.`));
};

/**
 * Reads what a caller sent beside an operator into its normal form. Each fault goes to the report with its pointer, and
 * undefined comes back; only operators without an operand have none to read.
 */
export const READERS: Readonly<Record<Exclude<OperandName, 'none'>, Read<Operand>>> = {
  text: fieldText,
  part: text,
  texts: listOf(fieldText),
  address,
  addresses: listOf(address),
  word,
  words: listOf(word),
  number,
  numbers: listOf(number),
  numberRange: ordered(pairOf(number)),
  day,
  dayRange: ordered(pairOf(day)),
  moment,
  momentRange: ordered(alike(pairOf(moment))),
  time,
  timeRange: pairOf(time),
  size: readSize,
};

/** One value, through the parser of a property's type. */
function oneOf<T>(type: PropertyType, is: (value: unknown) => value is T, identifier = false): Read<T> {
  return (raw, pointer, { locale }, report) => {
    const value = readJson({ type, identifier }, raw, locale);
    if (value instanceof Fault) return report.add(pointer, value);
    if (value === null) return report.add(pointer, REQUIRED);
    return is(value) ? value : report.add(pointer, NOT_A_VALUE);
  };
}

function listOf<T>(one: Read<T>): Read<readonly T[]> {
  return (raw, pointer, wanted, report) => {
    if (!Array.isArray(raw)) return report.add(pointer, NOT_A_LIST);
    if (raw.length === 0) return report.add(pointer, NO_ELEMENT);
    if (raw.length > LIST_LIMIT) return report.add(pointer, TOO_MANY);
    return complete(raw, one, pointer, wanted, report);
  };
}

function pairOf<T>(one: Read<T>): Read<readonly T[]> {
  return (raw, pointer, wanted, report) =>
    Array.isArray(raw) && raw.length === 2
      ? complete(raw, one, pointer, wanted, report)
      : report.add(pointer, NOT_A_PAIR);
}

/** Reads every element, so that every fault is reported; undefined when there was one. */
function complete<T>(
  raw: readonly unknown[],
  one: Read<T>,
  pointer: string,
  wanted: Wanted,
  report: Report,
): readonly T[] | undefined {
  const values = Array.from(raw, (element, place) => one(element, below(pointer, place), wanted, report));
  const read = values.filter((value) => value !== undefined);
  return read.length === values.length ? read : undefined;
}

function ordered<T extends string | number>(pair: Read<readonly T[]>): Read<readonly T[]> {
  return (raw, pointer, wanted, report) => {
    const values = pair(raw, pointer, wanted, report);
    const [first, second] = values ?? [];
    return first !== undefined && second !== undefined && first > second ? report.add(pointer, BACKWARDS) : values;
  };
}

function alike(pair: Read<readonly string[]>): Read<readonly string[]> {
  return (raw, pointer, wanted, report) => {
    const values = pair(raw, pointer, wanted, report);
    return values && values[0]?.length !== values[1]?.length ? report.add(pointer, MIXED) : values;
  };
}

function readSize(raw: unknown, pointer: string, _: Wanted, report: Report): Size | undefined {
  const ends = membersOf(raw);
  if (!ends) return report.add(pointer, NOT_A_SIZE);
  if (ends.size === 0) return report.add(pointer, NO_END);
  for (const name of ends.keys()) {
    if (name !== 'atLeast' && name !== 'atMost') report.add(below(pointer, name), NOT_AN_END);
  }
  const atLeast = readCount('atLeast', ends, pointer, report);
  const atMost = readCount('atMost', ends, pointer, report);
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) return report.add(pointer, BACKWARDS);
  return { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) };
}

function readCount(
  name: string,
  ends: ReadonlyMap<string, unknown>,
  pointer: string,
  report: Report,
): number | undefined {
  if (!ends.has(name)) return undefined;
  const count = ends.get(name);
  if (typeof count !== 'number') return report.add(below(pointer, name), NOT_A_NUMBER);
  return Number.isSafeInteger(count) && count >= 0 ? count : report.add(below(pointer, name), NOT_WHOLE);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** Ten characters are read as a day, so that the fault of a wrong one names days. */
function isDayLike(raw: unknown): boolean {
  if (typeof raw !== 'string') return false;
  const normal = normalText(raw);
  return typeof normal === 'string' && normal.length <= 'YYYY-MM-DD'.length;
}
