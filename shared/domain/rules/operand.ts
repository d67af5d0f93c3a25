import { isDay } from '../values/date.ts';
import type { Size } from './rule.ts';

/** The operands that operators take, by name: `day` is `YYYY-MM-DD`, `time` is `HH:MM:SS`, a `moment` is a day or an instant. */
export type Operands = {
  none: null;
  text: string;
  part: string;
  texts: readonly string[];
  address: string;
  addresses: readonly string[];
  word: string;
  words: readonly string[];
  number: number;
  numbers: readonly number[];
  numberRange: readonly [number, number];
  day: string;
  dayRange: readonly [string, string];
  moment: string;
  momentRange: readonly [string, string];
  time: string;
  timeRange: readonly [string, string];
  size: Size;
};
export type OperandName = keyof Operands;

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const TIME = /^\d\d:\d\d:\d\d$/;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const day = (value: unknown): string | undefined => (typeof value === 'string' && isDay(value) ? value : undefined);
const time = matching(TIME);
const instant = matching(INSTANT);
const moment = (value: unknown): string | undefined => day(value) ?? instant(value);

/**
 * Takes the operand of a stored rule for what an operator wants, or says undefined.
 *
 * A stored rule is in normal form, so nothing is parsed here; but the type of the property may have changed since, and
 * then the operand fits no more.
 */
export const narrow: { readonly [K in OperandName]: (value: unknown) => Operands[K] | undefined } = {
  none: (value) => (value === undefined ? null : undefined),
  text,
  part: text,
  texts: listOf(text),
  address: text,
  addresses: listOf(text),
  word: text,
  words: listOf(text),
  number,
  numbers: listOf(number),
  numberRange: pairOf(number),
  day,
  dayRange: pairOf(day),
  moment,
  momentRange: pairOf(moment),
  time,
  timeRange: pairOf(time),
  size: (value) => (isObject(value) ? sizeOf(new Map(Object.entries(value))) : undefined),
};

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function matching(pattern: RegExp): (value: unknown) => string | undefined {
  return (value) => (typeof value === 'string' && pattern.test(value) ? value : undefined);
}

function listOf<T>(one: (value: unknown) => T | undefined): (value: unknown) => readonly T[] | undefined {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const taken = value.map(one).filter((item) => item !== undefined);
    return taken.length === value.length && taken.length > 0 ? taken : undefined;
  };
}

function pairOf<T>(one: (value: unknown) => T | undefined): (value: unknown) => readonly [T, T] | undefined {
  const list = listOf(one);
  return (value) => {
    const [first, second, ...more] = list(value) ?? [];
    return first === undefined || second === undefined || more.length > 0 ? undefined : [first, second];
  };
}

function sizeOf(ends: ReadonlyMap<string, unknown>): Size {
  const atLeast = number(ends.get('atLeast'));
  const atMost = number(ends.get('atMost'));
  return { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) };
}
