import { writeNumber } from '../values/number.ts';
import { canonical } from './canonical.ts';
import { NEGATIVE_OF } from './operators.ts';
import type { Condition, Operand, Rule, Size } from './rule.ts';

/** What stands between a field and a value. A phrase of two parts takes two values. */
const PHRASES: ReadonlyMap<string, string> = new Map([
  ['exists', 'is set'],
  ['missing', 'is not set'],
  ['is', 'is'],
  ['isNot', 'is not'],
  ['in', 'is one of'],
  ['notIn', 'is none of'],
  ['contains', 'contains'],
  ['notContains', 'does not contain'],
  ['startsWith', 'starts with'],
  ['endsWith', 'ends with'],
  ['lessThan', 'is less than'],
  ['atMost', 'is at most'],
  ['greaterThan', 'is greater than'],
  ['atLeast', 'is at least'],
  ['between', 'is between'],
  ['isTrue', 'is true'],
  ['isNotTrue', 'is not true'],
  ['isFalse', 'is false'],
  ['isNotFalse', 'is not false'],
  ['on', 'is on'],
  ['before', 'is before'],
  ['after', 'is after'],
  ['hasAny', 'has any of'],
  ['hasNone', 'has none of'],
  ['hasAll', 'has all of'],
  ['lacksAny', 'lacks at least one of'],
  ['size', 'has'],
]);

/** A text that reads as one word: letters, digits, marks and what stands inside addresses and times. */
const WORD = /^[\p{L}\p{M}\p{N}_.@+:/#&%=?*~^-]+$/u;
/** Words of ours: as values they stand in quotes. */
const OURS: ReadonlySet<string> = new Set(
  'a all and any at between contain contains does ends greater has is lacks least less most none not of on one or set starts than true false with exactly before after'.split(
    ' ',
  ),
);

/**
 * Says a rule in plain English: `country is IN and (plan is pro or tags has any of vip, beta)`.
 *
 * It names every field by its key, and every value. Rules that are equal by `canonical` read equal, and rules over one
 * schema that are not, read different.
 */
export function describe(rule: Rule): string {
  return say(canonical(rule), 'none');
}

type Joint = 'all' | 'any' | 'none';

/** `around` is the group that the rule stands in: whatever would bind otherwise there gets brackets. */
function say(rule: Rule, around: Joint): string {
  if ('all' in rule) return inBrackets(rule.all.map((part) => say(part, 'all')).join(' and '), around !== 'none');
  if ('any' in rule) return inBrackets(rule.any.map((part) => say(part, 'any')).join(' or '), around !== 'none');
  return 'not' in rule ? sayNot(rule.not) : sayCondition(rule);
}

/** A negation has a phrase of its own where the language has an operator for it. */
function sayNot(rule: Rule): string {
  const negative = 'op' in rule ? NEGATIVE_OF.get(rule.op) : undefined;
  return negative !== undefined && 'op' in rule
    ? sayCondition({ ...rule, op: negative })
    : `not (${say(rule, 'none')})`;
}

function inBrackets(text: string, needed: boolean): string {
  return needed ? `(${text})` : text;
}

function sayCondition({ field, op, value, exact, timeZone }: Condition): string {
  const said = [field, PHRASES.get(op) ?? op];
  if (value !== undefined) said.push(sayOperand(op, value));
  if (exact) said.push('(exactly)');
  if (timeZone) said.push("(in the user's time zone)");
  return said.join(' ');
}

function sayOperand(op: string, value: Operand): string {
  if (typeof value !== 'object') return sayValue(value);
  if ('length' in value) return value.map(sayValue).join(op === 'between' ? ' and ' : ', ');
  return saySize(value);
}

function saySize({ atLeast, atMost }: Size): string {
  const ends = [
    atLeast === undefined ? [] : [`at least ${atLeast}`],
    atMost === undefined ? [] : [`at most ${atMost}`],
  ];
  return `${ends.flat().join(' and ')} ${atMost === 1 || (atMost === undefined && atLeast === 1) ? 'element' : 'elements'}`;
}

/** A value as it is; in quotes when it is more than a word, with a quote inside doubled. */
function sayValue(value: string | number): string {
  if (typeof value === 'number') return writeNumber(value);
  return WORD.test(value) && !OURS.has(value.toLowerCase()) ? value : `“${value.replaceAll('”', '””')}”`;
}
