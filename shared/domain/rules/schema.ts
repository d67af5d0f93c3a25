import { Fault, type PlacedFault } from '../errors.ts';
import { FORBIDDEN_NAMES, type Schema } from '../properties/property.ts';
import { below, membersOf, newReport, type Report } from '../report.ts';
import type { Locale } from '../values/value.ts';
import { fieldOf } from './kinds.ts';
import { ALL_OPERATORS, OPERATORS, type Operator } from './operators.ts';
import { READERS, type Wanted } from './read-operand.ts';
import type { Condition, Operand, Rule } from './rule.ts';

const MOST_DEPTH = 8;
const MOST_CONDITIONS = 100;
const MOST_BYTES = 16_384;

const GROUPS: ReadonlySet<string> = new Set(['all', 'any', 'not']);
const CONDITION_KEYS: ReadonlySet<string> = new Set(['field', 'op', 'value', 'exact', 'timeZone']);
/** Parts of the language that this version does not serve yet. */
const LATER_KEYS: ReadonlySet<string> = new Set(['event', 'segment', 'sample', 'company']);
const LATER_OPERATORS: ReadonlySet<string> = new Set(
  'today yesterday tomorrow inLast exactlyAgo moreThanAgo inNext exactlyAhead moreThanAhead anniversary'.split(' '),
);

const NOT_A_RULE = new Fault('wrongType', 'A rule is an object: a condition, or one of all, any and not.');
const EMPTY_RULE = new Fault('required', 'A rule is a condition with field and op, or has one of all, any and not.');
const NOT_A_GROUP = new Fault('wrongType', 'Must be an array of rules.');
const EMPTY_GROUP = new Fault('emptyGroup', 'Must hold at least one rule.');
const TOO_DEEP = new Fault('tooDeep', `Groups nest at most ${MOST_DEPTH} deep.`);
const TOO_MANY = new Fault('tooMany', `A rule has at most ${MOST_CONDITIONS} conditions.`);
const TOO_LONG = new Fault('tooLong', 'A rule has at most 16 KB.');
const FORBIDDEN = new Fault('forbiddenName', 'This name is not allowed anywhere.');
const BESIDE_GROUP = new Fault('unknownKey', 'Nothing else stands beside all, any or not.');
const UNKNOWN_KEY = new Fault(
  'unknownKey',
  'Is no part of a condition; known are field, op, value, exact and timeZone.',
);
const LATER_KEY = new Fault('unknownKey', 'Conditions of this form are not available in this version.');
const NOT_TAKEN = new Fault('unknownKey', 'Does not go with this operator on this field.');
const NO_FIELD = new Fault('required', 'Must name the field that the condition is about.');
const NO_OPERATOR = new Fault('required', 'Must name an operator.');
const NO_VALUE = new Fault('required', 'This operator needs a value.');
const SURPLUS_VALUE = new Fault('unknownKey', 'This operator takes no value.');
const NOT_A_STRING = new Fault('wrongType', 'Must be a string.');
const NOT_A_BOOLEAN = new Fault('wrongType', 'Must be true or false.');
const UNKNOWN_FIELD = new Fault('unknownField', 'No field has this name.');
const LATER_FIELD = new Fault('unknownField', 'Fields of companies are not available in this version.');
const ARCHIVED = new Fault('archived', 'The property is archived; restore it before a rule uses it.');
const UNKNOWN_OPERATOR = new Fault('unknownOperator', 'Is no operator.');
const LATER_OPERATOR = new Fault('unknownOperator', 'This operator is not available in this version.');
const ZONES = new Fault('notAllowed', 'Must be deployment or user.');

type Members = ReadonlyMap<string, unknown>;
type Walk = { readonly schema: Schema; readonly locale: Locale; readonly report: Report; conditions: number };

/**
 * Checks a rule as a caller sent it against the live schema of users.
 *
 * Out comes the rule as it was written, with its values in normal form and defaults left out, or every fault at once,
 * each with its RFC 6901 pointer below `prefix`. It never throws, whatever it is given. Checking a checked rule again
 * changes nothing.
 */
export function check(
  raw: unknown,
  schema: Schema,
  locale: Locale,
  prefix = '/rule',
): { readonly rule: Rule } | { readonly faults: readonly PlacedFault[] } {
  const report = newReport();
  const walk: Walk = { schema, locale, report, conditions: 0 };
  const rule = readRule(raw, prefix, 0, walk);
  if (walk.conditions > MOST_CONDITIONS) report.add(prefix, TOO_MANY);
  if (rule && report.faults.length === 0 && bytesOf(rule) > MOST_BYTES) report.add(prefix, TOO_LONG);
  return rule && report.faults.length === 0 ? { rule } : { faults: report.faults };
}

/** `depth` is the number of groups around. Undefined: there is a fault in it, and it was reported. */
function readRule(raw: unknown, pointer: string, depth: number, walk: Walk): Rule | undefined {
  const { report } = walk;
  const members = membersOf(raw);
  if (!members) return report.add(pointer, NOT_A_RULE);
  if (members.size === 0) return report.add(pointer, EMPTY_RULE);
  const group = [...members.keys()].find((name) => GROUPS.has(name));
  if (group === undefined) return readCondition(members, pointer, walk);
  reportKeys(members, pointer, (name) => (name === group ? null : BESIDE_GROUP), report);
  if (depth === MOST_DEPTH) return report.add(pointer, TOO_DEEP);
  const inside = members.get(group);
  if (group === 'not') {
    const not = readRule(inside, below(pointer, group), depth + 1, walk);
    return not && { not };
  }
  const parts = readParts(inside, below(pointer, group), depth + 1, walk);
  return parts && (group === 'all' ? { all: parts } : { any: parts });
}

function readParts(raw: unknown, pointer: string, depth: number, walk: Walk): readonly Rule[] | undefined {
  if (!Array.isArray(raw)) return walk.report.add(pointer, NOT_A_GROUP);
  if (raw.length === 0) return walk.report.add(pointer, EMPTY_GROUP);
  const parts: Rule[] = [];
  for (const [place, part] of raw.entries()) {
    if (walk.conditions > MOST_CONDITIONS) return undefined;
    const rule = readRule(part, below(pointer, place), depth, walk);
    if (rule) parts.push(rule);
  }
  return parts.length === raw.length ? parts : undefined;
}

function readCondition(members: Members, pointer: string, walk: Walk): Condition | undefined {
  walk.conditions += 1;
  const { report } = walk;
  const later = [...members.keys()].find((name) => LATER_KEYS.has(name));
  if (later !== undefined) return report.add(below(pointer, later), LATER_KEY);
  reportKeys(members, pointer, (name) => (CONDITION_KEYS.has(name) ? null : UNKNOWN_KEY), report);
  const wanted = readField(members, below(pointer, 'field'), walk);
  const op = readOperatorName(members, below(pointer, 'op'), report);
  const field = members.get('field');
  if (!wanted || op === undefined || typeof field !== 'string') return undefined;
  const operator = OPERATORS[wanted.kind].get(op);
  if (!operator) return report.add(below(pointer, 'op'), wrongOperator(wanted));
  const value = readValue(members, operator, below(pointer, 'value'), wanted, report);
  const exact = readExact(members, operator, pointer, report);
  const timeZone = readTimeZone(members, operator, pointer, report);
  if (value === undefined && operator.operand !== 'none') return undefined;
  return {
    field,
    op,
    ...(value !== undefined && { value }),
    // Identifiers are compared exactly anyway, and only days of an instant depend on a time zone.
    ...(exact && !(wanted.kind === 'identifier' && operator.operand !== 'part') && { exact }),
    ...(timeZone === 'user' && wanted.kind === 'datetime' && hasDay(value) && { timeZone }),
  };
}

function readField(members: Members, pointer: string, { schema, locale, report }: Walk): Wanted | undefined {
  if (!members.has('field')) return report.add(pointer, NO_FIELD);
  const name = members.get('field');
  if (typeof name !== 'string') return report.add(pointer, NOT_A_STRING);
  if (FORBIDDEN_NAMES.has(name)) return report.add(pointer, FORBIDDEN);
  if (name.startsWith('company.')) return report.add(pointer, LATER_FIELD);
  const field = fieldOf(name, schema);
  if (typeof field === 'object') return { ...field, locale };
  return report.add(pointer, field === 'archived' ? ARCHIVED : UNKNOWN_FIELD);
}

/** The operator's name when there is such an operator for some field. */
function readOperatorName(members: Members, pointer: string, report: Report): string | undefined {
  if (!members.has('op')) return report.add(pointer, NO_OPERATOR);
  const op = members.get('op');
  if (typeof op !== 'string') return report.add(pointer, NOT_A_STRING);
  if (ALL_OPERATORS.has(op)) return op;
  return report.add(pointer, LATER_OPERATORS.has(op) ? LATER_OPERATOR : UNKNOWN_OPERATOR);
}

function readValue(
  members: Members,
  { operand }: Operator,
  pointer: string,
  wanted: Wanted,
  report: Report,
): Operand | undefined {
  const given = members.has('value');
  if (operand === 'none') return given ? report.add(pointer, SURPLUS_VALUE) : undefined;
  return given ? READERS[operand](members.get('value'), pointer, wanted, report) : report.add(pointer, NO_VALUE);
}

function readExact(members: Members, { takes }: Operator, pointer: string, report: Report): true | undefined {
  if (!members.has('exact')) return undefined;
  const exact = members.get('exact');
  if (takes !== 'exact') return report.add(below(pointer, 'exact'), NOT_TAKEN);
  if (typeof exact !== 'boolean') return report.add(below(pointer, 'exact'), NOT_A_BOOLEAN);
  return exact || undefined;
}

function readTimeZone(members: Members, { takes }: Operator, pointer: string, report: Report): 'user' | undefined {
  if (!members.has('timeZone')) return undefined;
  const zone = members.get('timeZone');
  if (takes !== 'timeZone') return report.add(below(pointer, 'timeZone'), NOT_TAKEN);
  if (zone !== 'user' && zone !== 'deployment') return report.add(below(pointer, 'timeZone'), ZONES);
  return zone === 'user' ? zone : undefined;
}

function reportKeys(members: Members, pointer: string, faultOf: (name: string) => Fault | null, report: Report): void {
  for (const name of members.keys()) {
    const fault = FORBIDDEN_NAMES.has(name) ? FORBIDDEN : faultOf(name);
    if (fault) report.add(below(pointer, name), fault);
  }
}

function wrongOperator({ kind }: Wanted): Fault {
  return new Fault('wrongOperator', `The field takes only ${[...OPERATORS[kind].keys()].join(', ')}.`);
}

function hasDay(value: Operand | undefined): boolean {
  const moment = Array.isArray(value) ? value[0] : value;
  return typeof moment === 'string' && moment.length === 'YYYY-MM-DD'.length;
}

function bytesOf(rule: Rule): number {
  return new TextEncoder().encode(JSON.stringify(rule)).length;
}
