import { type PropertyType, schemaOf } from '../../shared/domain/properties/property.ts';
import type { Rule } from '../../shared/domain/rules/rule.ts';
import { check } from '../../shared/domain/rules/schema.ts';
import type { Profile } from '../../shared/domain/users/user.ts';
import type { Locale, Value } from '../../shared/domain/values/value.ts';
import { customProperty } from '../support/arbitrary/property.ts';

/*
 * The segments and users of an invented company, the same on every run. Texts are lower case, so that libraries without
 * Roster's folding give the same answers.
 */

export const LOCALE: Locale = { timeZone: 'UTC', defaultCountry: 'US', dateFormat: 'ymd', decimal: 'none' };

const CUSTOM: Readonly<Record<string, PropertyType>> = {
  plan: 'text',
  industry: 'text',
  channel: 'text',
  campaign: 'text',
  seats: 'number',
  ltv: 'number',
  logins: 'number',
  discount: 'number',
  trial: 'boolean',
  onboarded: 'boolean',
  renewsOn: 'date',
  birthday: 'date',
  hobbies: 'list',
  products: 'list',
};

const words = (stem: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${stem}${i}`);
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  plan: words('plan', 6),
  industry: words('industry', 40),
  channel: words('channel', 8),
  campaign: words('campaign', 200),
  country: words('country', 60),
  city: words('city', 500),
  language: words('lang', 20),
  tags: words('tag', 100),
  hobbies: words('hobby', 80),
  products: words('product', 150),
};
const TEXTS = ['plan', 'industry', 'channel', 'campaign', 'country', 'city', 'language'];
const NUMBERS = ['seats', 'ltv', 'logins', 'discount'];
const BOOLEANS = ['trial', 'onboarded', 'emailOptin', 'smsOptin'];
const DATES = ['renewsOn', 'birthday', 'dob'];
const LISTS = ['tags', 'hobbies', 'products'];

/** Fields that one change of a user touches, in turn. */
export const CHANGING: readonly string[] = [...TEXTS, ...NUMBERS, ...BOOLEANS, ...DATES, 'hobbies', 'products'];

export const SCHEMA = schemaOf(Object.entries(CUSTOM).map(([key, type]) => customProperty(key, type)));

/** Random numbers from 0 to 1 from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;
const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
const several = (random: Random, values: readonly string[], count: number): readonly string[] => [
  ...new Set(Array.from({ length: count }, () => pick(random, values))),
];
const day = (random: Random): string =>
  new Date(Date.UTC(1990, 0, 1) + Math.floor(random() * 14_000) * 86_400_000).toISOString().slice(0, 10);

/** A value that a field of a user may have. */
export function valueFor(field: string, random: Random): Value {
  const choices = CHOICES[field];
  if (LISTS.includes(field)) return several(random, choices ?? [], 1 + Math.floor(random() * 4));
  if (choices) return pick(random, choices);
  if (BOOLEANS.includes(field)) return random() < 0.5;
  return DATES.includes(field) ? day(random) : Math.floor(random() * 1_000);
}

/** Users of whom each field is set with a probability of 0.7. */
export function makeUsers(count: number, random: Random): readonly Profile[] {
  return Array.from({ length: count }, (_, place) => {
    const keys = CHANGING.filter(() => random() < 0.7);
    return {
      id: String(place).padStart(26, '0'),
      status: random() < 0.95 ? 'active' : 'banned',
      statusReason: null,
      properties: Object.fromEntries(keys.map((key) => [key, valueFor(key, random)])),
      aliases: [],
      tags: several(random, CHOICES.tags ?? [], Math.floor(random() * 5)),
      companies: [],
      signedUpAt: '2026-01-01T00:00:00.000Z',
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
      lastSeenAt: null,
      source: 'csv',
      version: 1,
      revision: 1,
      lists: [],
      lastRow: null,
    };
  });
}

const text = (random: Random) => {
  const field = pick(random, TEXTS);
  return { field, op: 'is', value: valueFor(field, random) };
};
const texts = (random: Random, op = 'in') => {
  const field = pick(random, TEXTS);
  return { field, op, value: several(random, CHOICES[field] ?? [], 1 + Math.floor(random() * 5)) };
};
const part = (random: Random) => ({
  field: pick(random, TEXTS),
  op: pick(random, ['contains', 'endsWith']),
  value: pick(random, ['9', '12', 'y1', 'n5']),
});
const number = (random: Random) => ({
  field: pick(random, NUMBERS),
  op: pick(random, ['lessThan', 'atMost', 'greaterThan', 'atLeast']),
  value: Math.floor(random() * 1_000),
});
const range = (random: Random) => {
  const from = Math.floor(random() * 900);
  return { field: pick(random, NUMBERS), op: 'between', value: [from, from + Math.floor(random() * 300)] };
};
const truth = (random: Random) => ({
  field: pick(random, BOOLEANS),
  op: pick(random, ['isTrue', 'isFalse', 'isNotTrue']),
});
const date = (random: Random) => ({
  field: pick(random, DATES),
  op: pick(random, ['before', 'after', 'on']),
  value: day(random),
});
const list = (random: Random, op = pick(random, ['hasAny', 'hasAll'])) => {
  const field = pick(random, LISTS);
  return { field, op, value: several(random, CHOICES[field] ?? [], op === 'hasAny' ? 3 : 2) };
};

/** The shapes of rules, and their weights, which add up to a hundred. */
const SHAPES: readonly (readonly [weight: number, make: (random: Random) => unknown])[] = [
  [10, text],
  [20, (random) => ({ all: [text(random), number(random)] })],
  [20, (random) => ({ all: [texts(random), number(random), truth(random)] })],
  [15, (random) => ({ all: [list(random), { any: [number(random), date(random)] }] })],
  [10, (random) => ({ all: [truth(random), text(random), { not: list(random, 'hasAny') }] })],
  [10, (random) => ({ any: [{ all: [text(random), date(random)] }, list(random)] })],
  [5, (random) => ({ all: [range(random), texts(random, 'notIn')] })],
  [5, (random) => ({ all: [part(random), number(random)] })],
  [3, (random) => ({ not: { any: [text(random), list(random, 'hasAny'), truth(random)] } })],
  [2, (random) => ({ all: [number(random), date(random)] })],
];

function shapeAt(hundredth: number): (random: Random) => unknown {
  let sum = 0;
  for (const [weight, make] of SHAPES) {
    sum += weight;
    if (hundredth < sum) return make;
  }
  return text;
}

export function makeRules(count: number, random: Random): readonly Rule[] {
  return Array.from({ length: count }, () => {
    const result = check(shapeAt(random() * 100)(random), SCHEMA, LOCALE);
    if ('faults' in result) throw new Error(JSON.stringify(result.faults));
    return result.rule;
  });
}
