import fc from 'fast-check';
import { type PropertyType, schemaOf } from '../../../shared/domain/properties/property.ts';
import { fieldOf } from '../../../shared/domain/rules/kinds.ts';
import type { OperandName } from '../../../shared/domain/rules/operand.ts';
import { OPERATORS } from '../../../shared/domain/rules/operators.ts';
import type { Rule } from '../../../shared/domain/rules/rule.ts';
import { check } from '../../../shared/domain/rules/schema.ts';
import type { Profile } from '../../../shared/domain/users/user.ts';
import { fold } from '../../../shared/domain/values/fold.ts';
import type { Locale, Value } from '../../../shared/domain/values/value.ts';
import { customProperty } from '../arbitrary/property.ts';

export const LOCALE: Locale = { timeZone: 'Europe/Berlin', defaultCountry: 'US', dateFormat: 'ymd', decimal: 'none' };

/** A custom property of each type, a custom identifier and one that is archived. */
export const SCHEMA = schemaOf([
  customProperty('plan', 'text'),
  customProperty('notes', 'longText'),
  customProperty('seats', 'number'),
  customProperty('trial', 'boolean'),
  customProperty('renewsOn', 'date'),
  customProperty('lastLogin', 'datetime'),
  customProperty('callAt', 'time'),
  customProperty('hobbies', 'list'),
  customProperty('invoiceEmail', 'email'),
  customProperty('hotline', 'phone'),
  customProperty('homepage', 'url'),
  customProperty('memberNo', 'text', { identifier: true }),
  customProperty('oldPlan', 'text', { archived: true }),
]);

type Parts = Partial<Profile> & { readonly properties?: Readonly<Record<string, Value>> };

/** A user with nothing but an id, and what is given. */
export function profile(parts: Parts = {}): Profile {
  return {
    id: '01JD0000000000000000000000',
    status: 'active',
    statusReason: null,
    properties: {},
    aliases: [],
    tags: [],
    companies: [],
    signedUpAt: '2026-01-01T00:00:00.000Z',
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    lastSeenAt: null,
    source: 'api',
    version: 1,
    revision: 1,
    lists: [],
    lastRow: null,
    ...parts,
  };
}

/** The checked rule; a rule of the tests that has faults fails the test with them. */
export function checked(raw: unknown): Rule {
  const result = check(raw, SCHEMA, LOCALE);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result.rule;
}

const WORDS = ['pro', 'Pro', 'free', 'São Paulo', 'sao paulo', 'कि', 'का', 'STRASSE', 'straße', 'IN', 'US', 'a b', 'x'];
const NUMBERS = [-1, 0, 0.5, 1, 2, 5, 100];
const DAYS = ['2026-03-28', '2026-03-29', '2026-03-30', '2024-02-29', '1999-12-31', '9999-12-31'];
const INSTANTS = [
  '2026-03-28T22:59:59.999Z',
  '2026-03-28T23:00:00.000Z',
  '2026-03-29T21:59:59.999Z',
  '2026-03-29T22:00:00.000Z',
  '2024-02-29T12:00:00.000Z',
];
const TIMES = ['00:00:00', '06:00:00', '12:30:00', '22:00:00', '23:59:59'];
const EMAILS = ['ada@example.com', 'bob@example.org'];
const PHONES = ['+14155550100', '+4930901820'];
const URLS = ['https://example.com/A', 'https://example.com/a', 'http://x.org'];
const ZONES = ['Asia/Kolkata', 'America/New_York', 'Pacific/Auckland', 'nowhere'];

const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
const list = <T>(values: readonly T[]) => fc.array(some(values), { minLength: 1, maxLength: 4 });
const pair = <T extends string | number>(values: readonly T[]) =>
  fc.tuple(some(values), some(values)).map(([a, b]) => (a <= b ? [a, b] : [b, a]));

const VALUES: Readonly<Record<PropertyType, fc.Arbitrary<Value>>> = {
  text: some(WORDS),
  longText: some(WORDS),
  number: some(NUMBERS),
  boolean: fc.boolean(),
  date: some(DAYS),
  datetime: some(INSTANTS),
  time: some(TIMES),
  list: fc.uniqueArray(some(WORDS), { minLength: 1, maxLength: 4 }),
  email: some(EMAILS),
  phone: some(PHONES),
  url: some(URLS),
};

const TYPED = new Map<string, PropertyType>(
  [...SCHEMA.properties.values()]
    .filter(({ key, origin }) => origin === 'custom' || ['userId', 'email', 'country', 'city'].includes(key))
    .map(({ key, type }) => [key, type]),
);

const anyValue = fc.oneof(...Object.values(VALUES));

/** Profiles over few values, so that rules often meet; now and then a value has another type than its property. */
export const profiles: fc.Arbitrary<Profile> = fc
  .record(
    Object.fromEntries(
      [...TYPED].map(([key, type]) => [
        key,
        fc.oneof({ weight: 9, arbitrary: VALUES[type] }, { weight: 1, arbitrary: anyValue }),
      ]),
    ),
    { requiredKeys: [] },
  )
  .chain((properties) =>
    fc.record({
      properties: fc.option(some(ZONES), { nil: null }).map((timezone) => ({
        ...properties,
        ...(timezone && { timezone }),
      })),
      status: some(['active', 'banned'] as const),
      source: some(['api', 'csv', 'event'] as const),
      tags: fc.uniqueArray(some(WORDS), { maxLength: 3, selector: fold }),
      companies: fc.uniqueArray(some(['acme', 'ACME', 'globex']), { maxLength: 2 }),
      id: some(['01JD0000000000000000000000', '01JD0000000000000000000001']),
      lastSeenAt: fc.option(some(INSTANTS), { nil: null }),
      signedUpAt: some(INSTANTS),
    }),
  )
  .map(profile);

/** The operands of an operator, by the name of the operand. */
function operands(operand: OperandName, type: PropertyType, field: string): fc.Arbitrary<unknown> {
  const own: readonly string[] = type === 'email' ? EMAILS : type === 'phone' ? PHONES : URLS;
  const words = field === 'status' ? ['active', 'banned'] : ['api', 'csv', 'event'];
  const texts =
    field === 'companies' ? ['acme', 'globex'] : field === 'id' ? ['01JD0000000000000000000000', 'x'] : WORDS;
  switch (operand) {
    case 'none':
      return fc.constant(undefined);
    case 'text':
      return some(texts);
    case 'part':
      return some(['a', 'p', 'pro', '1', 'EXAMPLE', 'ा']);
    case 'texts':
      return list(texts);
    case 'address':
      return some(own);
    case 'addresses':
      return list(own);
    case 'word':
      return some(words);
    case 'words':
      return list(words);
    case 'number':
      return some(NUMBERS);
    case 'numbers':
      return list(NUMBERS);
    case 'numberRange':
      return pair(NUMBERS);
    case 'day':
      return some(DAYS);
    case 'dayRange':
      return pair(DAYS);
    case 'moment':
      return fc.oneof(some(DAYS), some(INSTANTS));
    case 'momentRange':
      return fc.oneof(pair(DAYS), pair(INSTANTS));
    case 'time':
      return some(TIMES);
    case 'timeRange':
      return fc.tuple(some(TIMES), some(TIMES));
    case 'size':
      return some([{ atLeast: 1 }, { atMost: 2 }, { atLeast: 2, atMost: 3 }, { atLeast: 0 }]);
    default:
      return operand satisfies never;
  }
}

const FIELDS = [
  ...[...TYPED.keys()].filter((key) => key !== 'oldPlan'),
  'id',
  'tags',
  'companies',
  'status',
  'source',
  'signedUpAt',
  'lastSeenAt',
];

/** One condition on any field with any of its operators, as a caller may send it. */
export const conditions: fc.Arbitrary<unknown> = some(FIELDS).chain((field) => {
  const known = fieldOf(field, SCHEMA);
  if (typeof known !== 'object') throw new Error(field);
  return some([...OPERATORS[known.kind]]).chain(([op, { operand, takes }]) =>
    fc.record({
      field: fc.constant(field),
      op: fc.constant(op),
      ...(operand !== 'none' && { value: operands(operand, known.type, field) }),
      ...(takes === 'exact' && { exact: fc.boolean() }),
      ...(takes === 'timeZone' && { timeZone: some(['deployment', 'user']) }),
    }),
  );
});

/** A condition that the schema cannot serve any more. */
const unusable: fc.Arbitrary<Rule> = fc.constantFrom<Rule>(
  { field: 'oldPlan', op: 'is', value: 'pro' },
  { field: 'oldPlan', op: 'missing' },
  { field: 'vanished', op: 'isNot', value: 1 },
);

const grouped = (leaf: fc.Arbitrary<Rule>): fc.Arbitrary<Rule> =>
  fc.letrec<{ rule: Rule }>((tie) => ({
    rule: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      { weight: 3, arbitrary: leaf },
      { weight: 2, arbitrary: fc.record({ all: fc.array(tie('rule'), { minLength: 1, maxLength: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ any: fc.array(tie('rule'), { minLength: 1, maxLength: 4 }) }) },
      { weight: 1, arbitrary: fc.record({ not: tie('rule') }) },
    ),
  })).rule;

/** Checked rules of every shape. */
export const rules: fc.Arbitrary<Rule> = grouped(conditions.map(checked));
/** Checked rules of which a property was archived afterwards. */
export const agedRules: fc.Arbitrary<Rule> = grouped(
  fc.oneof({ weight: 4, arbitrary: conditions.map(checked) }, { weight: 1, arbitrary: unusable }),
);
