import type { Schema } from '../../../shared/domain/properties/property.ts';
import { type Field, fieldOf } from '../../../shared/domain/rules/kinds.ts';
import type { Condition, Rule } from '../../../shared/domain/rules/rule.ts';
import type { Profile } from '../../../shared/domain/users/user.ts';
import { dayAt, isTimeZone } from '../../../shared/domain/values/calendar.ts';
import { fold } from '../../../shared/domain/values/fold.ts';

/** The three truth values of the language, as numbers that order like Kleene's: false, unusable, true. */
export type Truth = 0 | 1 | 2;

/**
 * A second implementation of the rule language, slow and close to its description, to compare the engine with.
 */
export function truthOf(rule: Rule, profile: Profile, schema: Schema, timeZone: string): Truth {
  const ask = (part: Rule): Truth => truthOf(part, profile, schema, timeZone);
  if ('not' in rule) return [2, 1, 0][ask(rule.not)] as Truth;
  if ('all' in rule) return Math.min(...rule.all.map(ask)) as Truth;
  if ('any' in rule) return Math.max(...rule.any.map(ask)) as Truth;
  const field = fieldOf(rule.field, schema);
  if (typeof field !== 'object') return 1;
  return holds(rule, field, profile, timeZone) ? 2 : 0;
}

const NEGATIVES: Readonly<Record<string, string>> = {
  missing: 'exists',
  isEmpty: 'exists',
  isNot: 'is',
  notIn: 'in',
  notContains: 'contains',
  isNotTrue: 'isTrue',
  isNotFalse: 'isFalse',
  hasNone: 'hasAny',
  lacksAny: 'hasAll',
};

function holds(condition: Condition, field: Exclude<Field, string>, profile: Profile, timeZone: string): boolean {
  const positive = NEGATIVES[condition.op];
  if (positive) return !holds({ ...condition, op: positive }, field, profile, timeZone);
  const everything = { ...profile.properties, ...profile } as Readonly<Record<string, unknown>>;
  const value = everything[condition.field];
  const isUnset = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  if (condition.op === 'size') return sizeHolds(condition, isUnset || !Array.isArray(value) ? 0 : value.length);
  if (isUnset) return false;
  if (condition.op === 'exists') return true;
  const zone = condition.timeZone === 'user' ? zoneOf(profile, timeZone) : timeZone;
  return positiveHolds(condition, field, value, zone);
}

function sizeHolds({ value }: Condition, count: number): boolean {
  const { atLeast = 0, atMost = Infinity } = value as { atLeast?: number; atMost?: number };
  return count >= atLeast && count <= atMost;
}

function zoneOf(profile: Profile, timeZone: string): string {
  const own = profile.properties.timezone;
  return typeof own === 'string' && isTimeZone(own) ? own : timeZone;
}

function positiveHolds(condition: Condition, field: Exclude<Field, string>, value: unknown, zone: string): boolean {
  switch (field.kind) {
    case 'text':
    case 'identifier':
    case 'address':
    case 'status':
    case 'source':
      return typeof value === 'string' && textHolds(condition, field.kind, value);
    case 'list':
    case 'companies':
      return Array.isArray(value) && listHolds(condition, field.kind, value);
    case 'number':
      return typeof value === 'number' && orderHolds(condition, value);
    case 'boolean':
      return value === (condition.op === 'isTrue');
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && orderHolds(condition, value);
    case 'time':
      return typeof value === 'string' && /^\d\d:\d\d:\d\d$/.test(value) && orderHolds(condition, value);
    case 'datetime':
      return typeof value === 'string' && /^\d{4}-.*Z$/.test(value) && instantHolds(condition, value, zone);
  }
}

function textHolds({ op, value, exact }: Condition, kind: string, text: string): boolean {
  const isWhole = op === 'is' || op === 'in';
  const same = exact || (isWhole && ['identifier', 'status', 'source'].includes(kind)) ? (it: string) => it : fold;
  const wanted = (Array.isArray(value) ? value : [value]).map((one) => same(String(one)));
  const own = same(text);
  if (op === 'contains') return wanted.some((one) => own.includes(one));
  if (op === 'startsWith') return wanted.some((one) => own.startsWith(one));
  if (op === 'endsWith') return wanted.some((one) => own.endsWith(one));
  return wanted.includes(own);
}

function listHolds({ op, value }: Condition, kind: string, elements: readonly string[]): boolean {
  const same = kind === 'companies' ? (it: string) => it : fold;
  const own = elements.map(same);
  const wanted = (value as readonly string[]).map(same);
  return op === 'hasAny' ? wanted.some((one) => own.includes(one)) : wanted.every((one) => own.includes(one));
}

/** Numbers, days and times of day: what orders as it stands. */
function orderHolds({ op, value }: Condition, own: string | number): boolean {
  const [from, to] = (Array.isArray(value) ? value : [value, value]) as [string | number, string | number];
  switch (op) {
    case 'is':
    case 'on':
      return own === value;
    case 'in':
      return (value as readonly unknown[]).includes(own);
    case 'lessThan':
    case 'before':
      return own < from;
    case 'atMost':
      return own <= from;
    case 'greaterThan':
    case 'after':
      return own > from;
    case 'atLeast':
      return own >= from;
    default:
      return from <= to ? own >= from && own <= to : own >= from || own <= to;
  }
}

/** An instant is compared with a day by the day on which it falls, with an instant by the millisecond. */
function instantHolds(condition: Condition, own: string, zone: string): boolean {
  const moment = Array.isArray(condition.value) ? condition.value[0] : condition.value;
  const ofDays = String(moment).length === 10;
  return orderHolds(condition, ofDays ? dayAt(Date.parse(own), zone) : own);
}
