import { NEGATIVE_OF, OF_SETS } from './operator-words.ts';
import type { Condition, Operand, Rule } from './rule.ts';

/** The positive that each negative operator negates. */
const POSITIVE_OF: ReadonlyMap<string, string> = new Map([
  ['isEmpty', 'exists'],
  ...[...NEGATIVE_OF].map(([positive, negative]): [string, string] => [negative, positive]),
]);

/**
 * The one writing that stands for all rules that say the same in other words: order and repeats of parts and of listed
 * values, a group of one, groups directly inside groups of their kind, a `not` that another `not` takes back, a negative
 * operator for the `not` of its positive. It answers as the rule does. Two rules are equal when these are equal as JSON.
 */
export function canonical(rule: Rule): Rule {
  if ('all' in rule) return group('all', partsOf(rule.all, 'all'));
  if ('any' in rule) return group('any', partsOf(rule.any, 'any'));
  return 'not' in rule ? opposite(canonical(rule.not)) : condition(rule);
}

type Joint = 'all' | 'any';

/** The canonical parts, those of inner groups of the same kind among them, each once and in one order. */
function partsOf(parts: readonly Rule[], joint: Joint): readonly Rule[] {
  const flat = parts.map(canonical).flatMap((part) => insideOf(part, joint) ?? [part]);
  const byPlace = new Map(flat.map((part) => [placeOf(part), part]));
  return [...byPlace].toSorted(byText).map(([, part]) => part);
}

/** Conditions by field come before groups, and a negation beside its positive; no two rules have one place. */
function placeOf(rule: Rule): string {
  if (!('not' in rule)) return `${'op' in rule ? 0 : 1}${JSON.stringify(rule)}`;
  return `${placeOf(rule.not)}!`;
}

function insideOf(rule: Rule, joint: Joint): readonly Rule[] | undefined {
  if (joint === 'all') return 'all' in rule ? rule.all : undefined;
  return 'any' in rule ? rule.any : undefined;
}

function group(joint: Joint, parts: readonly Rule[]): Rule {
  const [only, ...more] = parts;
  if (only && more.length === 0) return only;
  return joint === 'all' ? { all: parts } : { any: parts };
}

function opposite(rule: Rule): Rule {
  return 'not' in rule ? rule.not : { not: rule };
}

function condition({ field, op, value, exact, timeZone }: Condition): Rule {
  const positive = POSITIVE_OF.get(op);
  const written: Condition = {
    field,
    op: positive ?? op,
    ...(value !== undefined && { value: operand(positive ?? op, value) }),
    ...(exact && { exact }),
    ...(timeZone && { timeZone }),
  };
  return positive === undefined ? written : { not: written };
}

function operand(op: string, value: Operand): Operand {
  if (typeof value !== 'object') return value;
  if ('atLeast' in value || 'atMost' in value) return sizeOf(value.atLeast, value.atMost);
  return Array.isArray(value) && OF_SETS.has(op) ? [...new Set(value)].toSorted(byValue) : value;
}

function sizeOf(atLeast: number | undefined, atMost: number | undefined): Operand {
  return { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }) };
}

function byText([a]: readonly [string, Rule], [b]: readonly [string, Rule]): number {
  return a < b ? -1 : 1;
}

function byValue(a: string | number, b: string | number): number {
  return a < b ? -1 : Number(a > b);
}
