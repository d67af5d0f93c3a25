import { writeNumber } from '../values/number.ts';
import { canonical } from './canonical.ts';
import { NEGATIVE_OF, PHRASES } from './operator-words.ts';
import type { Condition, Operand, Rule, Size } from './rule.ts';

/** A text that reads as one word: letters, digits, marks and what stands inside addresses and times. */
const WORD = /^[\p{L}\p{M}\p{N}_.@+:/#&%=?*~^-]+$/u;
/** Words of the language itself: as values they stand in quotes. */
const OURS: ReadonlySet<string> = new Set([
  ...[...PHRASES.values()].flatMap((phrase) => phrase.split(' ')),
  ...['a', 'and', 'or', 'exactly'],
]);

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
