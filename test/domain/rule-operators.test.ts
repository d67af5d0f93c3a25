import { describe, expect, test } from 'vitest';
import { compile } from '../../shared/domain/rules/compile.ts';
import { NEGATIVE_OF, PHRASES } from '../../shared/domain/rules/operator-words.ts';
import { ALL_OPERATORS, OPERATORS } from '../../shared/domain/rules/operators.ts';
import type { Rule } from '../../shared/domain/rules/rule.ts';
import type { Profile } from '../../shared/domain/users/user.ts';
import type { Value } from '../../shared/domain/values/value.ts';
import { checked, LOCALE, profile, SCHEMA } from '../support/rules/arbitrary-rules.ts';

type Stored = Value | null;

/** Condition, values of the field for which it holds, values for which it does not. */
type Case = readonly [rule: Readonly<Record<string, unknown>>, yes: readonly Stored[], no: readonly Stored[]];

/** Values that no property of the type can hold, but that could be there since it had another type. */
const WRONG: Readonly<Record<string, readonly Value[]>> = {
  plan: [5, true, ['pro']],
  userId: [5, true, ['A1']],
  memberNo: [5, true],
  invoiceEmail: [5, true],
  hotline: [14155550100],
  homepage: [5, ['https://example.com']],
  seats: ['5', true, ['5']],
  trial: ['true', 1, 'false'],
  renewsOn: [20260101, '2026', '2026-01-01T00:00:00.000Z', 'not-a-date', ['2026-01-01']],
  lastLogin: [0, '2026-01-01', 'some text of 24 letters!', ['x']],
  callAt: [930, '09:30', '24 hours', ['09:30:00']],
  hobbies: ['chess', 5, true],
};

const TABLE: readonly Case[] = [
  // text
  [{ field: 'plan', op: 'is', value: 'Pro' }, ['pro', 'PRO', 'Pro'], ['pro+', 'free', ' ']],
  [{ field: 'plan', op: 'is', value: ' Pro ' }, ['pro'], ['free']],
  [{ field: 'plan', op: 'is', value: 'Pro', exact: true }, ['Pro'], ['pro', 'PRO']],
  [{ field: 'plan', op: 'is', value: 'Pro', exact: false }, ['pro'], ['free']],
  [{ field: 'plan', op: 'is', value: 'Sao Paulo' }, ['São Paulo', 'SÃO PAULO'], ['Sao  Paulo']],
  [{ field: 'plan', op: 'is', value: 'Straße' }, ['STRASSE', 'strasse'], ['strase']],
  [{ field: 'plan', op: 'is', value: 'कि' }, ['कि'], ['का']],
  [{ field: 'plan', op: 'in', value: ['pro', 'Team'] }, ['PRO', 'team'], ['free']],
  [{ field: 'plan', op: 'in', value: ['pro', 'Team'], exact: true }, ['pro', 'Team'], ['Pro', 'team']],
  [{ field: 'plan', op: 'contains', value: 'É' }, ['café', 'CAFE'], ['caf']],
  [{ field: 'plan', op: 'contains', value: 'E', exact: true }, ['CAFE'], ['café', 'cafe']],
  [{ field: 'plan', op: 'contains', value: '.*' }, ['a.*b'], ['ab']],
  [{ field: 'plan', op: 'startsWith', value: 'pr' }, ['PRo', 'pr'], ['xpr']],
  [{ field: 'plan', op: 'startsWith', value: 'pr', exact: true }, ['pro'], ['Pro']],
  [{ field: 'plan', op: 'endsWith', value: 'RO' }, ['pro'], ['prox']],
  // identifiers
  [{ field: 'userId', op: 'is', value: 'A1' }, ['A1'], ['a1', 'A11']],
  [{ field: 'userId', op: 'is', value: 'A1', exact: true }, ['A1'], ['a1']],
  [{ field: 'userId', op: 'in', value: ['A1', 'b2'] }, ['A1', 'b2'], ['a1', 'B2']],
  [{ field: 'userId', op: 'contains', value: 'a' }, ['xA1'], ['x1']],
  [{ field: 'memberNo', op: 'is', value: 'M1' }, ['M1'], ['m1']],
  // addresses
  [{ field: 'invoiceEmail', op: 'is', value: 'ADA@Example.com' }, ['ada@example.com'], ['bob@example.com']],
  [{ field: 'invoiceEmail', op: 'in', value: ['ADA@example.com'] }, ['ada@example.com'], ['bob@example.com']],
  [{ field: 'invoiceEmail', op: 'endsWith', value: '@Example.com' }, ['ada@example.com'], ['ada@example.org']],
  [{ field: 'hotline', op: 'is', value: '(415) 555-0100' }, ['+14155550100'], ['+14155550101']],
  [{ field: 'hotline', op: 'startsWith', value: '+1' }, ['+14155550100'], ['+4930901820']],
  [{ field: 'hotline', op: 'contains', value: '555' }, ['+14155550100'], ['+4930901820']],
  [{ field: 'homepage', op: 'is', value: 'HTTPS://Example.com/A' }, ['https://example.com/A'], ['https://example.com']],
  [
    { field: 'homepage', op: 'is', value: 'HTTPS://Example.com/A', exact: true },
    ['https://example.com/A'],
    ['https://example.com/a'],
  ],
  // number
  [{ field: 'seats', op: 'is', value: 5 }, [5], [5.1, -5, 0]],
  [{ field: 'seats', op: 'is', value: -0 }, [0], [1]],
  [{ field: 'seats', op: 'in', value: [1, 2.5] }, [1, 2.5], [2, 0]],
  [{ field: 'seats', op: 'lessThan', value: 5 }, [4.9, -1], [5, 6]],
  [{ field: 'seats', op: 'atMost', value: 5 }, [5, -1], [5.1]],
  [{ field: 'seats', op: 'greaterThan', value: 5 }, [5.1], [5, 4]],
  [{ field: 'seats', op: 'atLeast', value: 5 }, [5, 6], [4.9]],
  [{ field: 'seats', op: 'between', value: [1, 5] }, [1, 3, 5], [0.9, 5.1]],
  [{ field: 'seats', op: 'between', value: [5, 5] }, [5], [4, 6]],
  // boolean
  [{ field: 'trial', op: 'isTrue' }, [true], [false]],
  [{ field: 'trial', op: 'isFalse' }, [false], [true]],
  // date
  [{ field: 'renewsOn', op: 'on', value: '2026-03-01' }, ['2026-03-01'], ['2026-03-02', '2026-02-28']],
  [{ field: 'renewsOn', op: 'before', value: '2026-03-01' }, ['2026-02-28', '1999-12-31'], ['2026-03-01']],
  [{ field: 'renewsOn', op: 'after', value: '2026-03-01' }, ['2026-03-02'], ['2026-03-01', '2026-02-28']],
  [
    { field: 'renewsOn', op: 'between', value: ['2026-03-01', '2026-03-03'] },
    ['2026-03-01', '2026-03-02', '2026-03-03'],
    ['2026-02-28', '2026-03-04'],
  ],
  // datetime, in Berlin: 29 March 2026 has 23 hours there
  [
    { field: 'lastLogin', op: 'on', value: '2026-03-29' },
    ['2026-03-28T23:00:00.000Z', '2026-03-29T21:59:59.999Z'],
    ['2026-03-28T22:59:59.999Z', '2026-03-29T22:00:00.000Z'],
  ],
  [
    { field: 'lastLogin', op: 'before', value: '2026-03-29' },
    ['2026-03-28T22:59:59.999Z'],
    ['2026-03-28T23:00:00.000Z', '2026-03-30T00:00:00.000Z'],
  ],
  [
    { field: 'lastLogin', op: 'after', value: '2026-03-29' },
    ['2026-03-29T22:00:00.000Z'],
    ['2026-03-29T21:59:59.999Z', '2026-03-28T00:00:00.000Z'],
  ],
  [
    { field: 'lastLogin', op: 'between', value: ['2026-03-28', '2026-03-29'] },
    ['2026-03-27T23:00:00.000Z', '2026-03-29T21:59:59.999Z'],
    ['2026-03-27T22:59:59.999Z', '2026-03-29T22:00:00.000Z'],
  ],
  [
    { field: 'lastLogin', op: 'before', value: '2026-03-29T10:00:00+02:00' },
    ['2026-03-29T07:59:59.999Z'],
    ['2026-03-29T08:00:00.000Z'],
  ],
  [
    { field: 'lastLogin', op: 'after', value: '2026-03-29T08:00:00Z' },
    ['2026-03-29T08:00:00.001Z'],
    ['2026-03-29T08:00:00.000Z'],
  ],
  [
    { field: 'lastLogin', op: 'between', value: ['2026-03-29T08:00:00Z', '2026-03-29T09:00:00Z'] },
    ['2026-03-29T08:00:00.000Z', '2026-03-29T09:00:00.000Z'],
    ['2026-03-29T07:59:59.999Z', '2026-03-29T09:00:00.001Z'],
  ],
  [{ field: 'lastLogin', op: 'on', value: '9999-12-31' }, ['9999-12-31T12:00:00.000Z'], []],
  [{ field: 'lastLogin', op: 'after', value: '9999-12-31' }, [], ['9999-12-31T23:59:59.999Z']],
  [{ field: 'lastLogin', op: 'on', value: '1000-01-01' }, ['1000-01-01T12:00:00.000Z'], ['1000-01-02T12:00:00.000Z']],
  // time
  [{ field: 'callAt', op: 'is', value: '09:30' }, ['09:30:00'], ['09:30:01']],
  [{ field: 'callAt', op: 'before', value: '09:30' }, ['09:29:59', '00:00:00'], ['09:30:00']],
  [{ field: 'callAt', op: 'after', value: '09:30' }, ['09:30:01'], ['09:30:00']],
  [{ field: 'callAt', op: 'between', value: ['09:00', '17:00'] }, ['09:00:00', '17:00:00'], ['08:59:59', '17:00:01']],
  [{ field: 'callAt', op: 'between', value: ['22:00', '06:00'] }, ['22:00:00', '00:00:00', '06:00:00'], ['06:00:01']],
  [{ field: 'callAt', op: 'between', value: ['06:00', '06:00'] }, ['06:00:00'], ['06:00:01']],
  // list
  [{ field: 'hobbies', op: 'hasAny', value: ['Chess', 'go'] }, [['chess'], ['x', 'GO']], [['x']]],
  [{ field: 'hobbies', op: 'hasAll', value: ['Chess', 'go'] }, [['GO', 'x', 'chess']], [['chess'], ['x']]],
];

const profileWith = (field: string, value: Stored): Profile =>
  profile({ properties: value === null ? {} : { [field]: value } });
const holds = (rule: Rule, user: Profile): boolean => compile(rule, SCHEMA, LOCALE)(user, 0).matches;

/** Asks a rule and, where there is one, the operator that negates it. */
function expectHolds(raw: Case[0], user: Profile, expected: boolean): void {
  expect(holds(checked(raw), user)).toBe(expected);
  expect(holds({ not: checked(raw) }, user)).toBe(!expected);
  const negative = NEGATIVE_OF.get(String(raw.op));
  if (negative && raw.field !== 'callAt') expect(holds(checked({ ...raw, op: negative }), user)).toBe(!expected);
}

describe.each(TABLE)('%j', (raw, yes, no) => {
  const field = String(raw.field);
  const ask = (value: Stored, expected: boolean) => expectHolds(raw, profileWith(field, value), expected);

  test('holds, and its negation does not', () => {
    for (const value of yes) ask(value, true);
  });
  test('does not hold, and its negation does', () => {
    for (const value of no) ask(value, false);
  });
  test('does not hold for unset, whatever unset looks like', () => {
    for (const value of [null, '', []]) ask(value, false);
  });
  test('does not hold for a value of another type', () => {
    for (const value of WRONG[field] ?? []) ask(value, false);
  });
});

describe('exists and missing', () => {
  test.each([...SCHEMA.properties.keys()].filter((key) => key !== 'oldPlan'))('%s is set or not', (field) => {
    const value = field === 'trial' ? false : field === 'seats' ? 0 : 'x';
    expectHolds({ field, op: 'exists' }, profileWith(field, value), true);
    for (const unset of [null, '', []]) expectHolds({ field, op: 'exists' }, profileWith(field, unset), false);
  });
});

describe('lists and their sizes', () => {
  test.each([
    [{ atLeast: 1 }, [1, 2], [0]],
    [{ atMost: 1 }, [0, 1], [2]],
    [{ atLeast: 2, atMost: 3 }, [2, 3], [0, 1, 4]],
    [{ atLeast: 0 }, [0, 5], []],
  ])('size %j', (value, yes, no) => {
    const rule = { field: 'hobbies', op: 'size', value };
    const sized = (size: number) =>
      profileWith('hobbies', size ? Array.from({ length: size }, (_, i) => `h${i}`) : null);
    for (const size of yes) expectHolds(rule, sized(size), true);
    for (const size of no) expectHolds(rule, sized(size), false);
  });
  test('a value that is no list has the size 0', () => {
    expectHolds({ field: 'hobbies', op: 'size', value: { atMost: 0 } }, profileWith('hobbies', 'chess'), true);
  });
  test('isEmpty is missing', () => {
    expect(holds(checked({ field: 'hobbies', op: 'isEmpty' }), profileWith('hobbies', null))).toBe(true);
    expect(holds(checked({ field: 'hobbies', op: 'isEmpty' }), profileWith('hobbies', ['x']))).toBe(false);
  });
});

describe('fields that are no properties', () => {
  const user = profile({
    tags: ['VIP', 'beta'],
    companies: ['Acme'],
    status: 'banned',
    source: 'csv',
    signedUpAt: '2026-01-31T23:30:00.000Z',
    lastSeenAt: null,
  });
  test.each<[Case[0], boolean]>([
    [{ field: 'id', op: 'is', value: user.id }, true],
    [{ field: 'id', op: 'is', value: user.id.toLowerCase() }, false],
    [{ field: 'id', op: 'in', value: ['x', user.id] }, true],
    [{ field: 'tags', op: 'hasAny', value: ['vip'] }, true],
    [{ field: 'tags', op: 'hasAll', value: ['vip', 'BETA'] }, true],
    [{ field: 'tags', op: 'hasAll', value: ['vip', 'gamma'] }, false],
    [{ field: 'tags', op: 'size', value: { atLeast: 2 } }, true],
    [{ field: 'companies', op: 'hasAny', value: ['Acme'] }, true],
    [{ field: 'companies', op: 'hasAny', value: ['acme'] }, false],
    [{ field: 'companies', op: 'hasAll', value: ['Acme'] }, true],
    [{ field: 'companies', op: 'exists' }, true],
    [{ field: 'status', op: 'is', value: 'banned' }, true],
    [{ field: 'status', op: 'in', value: ['active'] }, false],
    [{ field: 'source', op: 'in', value: ['csv', 'api'] }, true],
    [{ field: 'source', op: 'is', value: 'event' }, false],
    // Half past eleven in UTC is half past midnight of the next day in Berlin.
    [{ field: 'signedUpAt', op: 'on', value: '2026-02-01' }, true],
    [{ field: 'createdAt', op: 'before', value: '2026-01-02' }, true],
    [{ field: 'updatedAt', op: 'after', value: '2026-01-01' }, false],
    [{ field: 'lastSeenAt', op: 'exists' }, false],
    [{ field: 'lastSeenAt', op: 'before', value: '2030-01-01' }, false],
  ])('%j: %s', (raw, expected) => expectHolds(raw, user, expected));
});

describe("a day in the user's time zone", () => {
  const rule = { field: 'signedUpAt', op: 'on', value: '2026-03-29', timeZone: 'user' };
  const user = (timezone: Value | null, signedUpAt: string) =>
    profile({ signedUpAt, properties: timezone === null ? {} : { timezone } });

  test('is the day where the user is', () => {
    expectHolds(rule, user('America/New_York', '2026-03-29T04:00:00.000Z'), true);
    expectHolds(rule, user('America/New_York', '2026-03-29T03:59:59.999Z'), false);
    expectHolds(rule, user('Asia/Kolkata', '2026-03-28T18:30:00.000Z'), true);
    expectHolds(rule, user('Asia/Kolkata', '2026-03-29T18:30:00.000Z'), false);
  });
  test("is the deployment's when the user's is unset, unknown or no text", () => {
    for (const zone of [null, '', 'nowhere', 5, 'UTC+99', '__proto__']) {
      expectHolds(rule, user(zone, '2026-03-28T23:00:00.000Z'), true);
      expectHolds(rule, user(zone, '2026-03-29T22:00:00.000Z'), false);
    }
  });
  test('is the same again when asked again', () => {
    const matcher = compile(checked(rule), SCHEMA, LOCALE);
    for (let round = 0; round < 3; round += 1) {
      expect(matcher(user('Asia/Kolkata', '2026-03-28T18:30:00.000Z'), 0).matches).toBe(true);
      expect(matcher(user('nowhere', '2026-03-28T18:30:00.000Z'), 0).matches).toBe(false);
    }
  });
  test('does not move a date, and needs no time zone for an instant: the key is let go', () => {
    expect(checked({ field: 'renewsOn', op: 'on', value: '2026-03-29', timeZone: 'user' })).toEqual({
      field: 'renewsOn',
      op: 'on',
      value: '2026-03-29',
    });
    expect(checked({ field: 'lastLogin', op: 'before', value: '2026-03-29T00:00:00Z', timeZone: 'user' })).toEqual({
      field: 'lastLogin',
      op: 'before',
      value: '2026-03-29T00:00:00.000Z',
    });
  });
});

describe("Kleene's three values", () => {
  const TRUE: Rule = { field: 'plan', op: 'is', value: 'pro' };
  const FALSE: Rule = { field: 'plan', op: 'is', value: 'free' };
  const UNUSABLE: Rule = { field: 'oldPlan', op: 'is', value: 'pro' };
  const user = profile({ properties: { plan: 'pro', oldPlan: 'pro' } });
  const truth = (rule: Rule) => {
    if (holds(rule, user)) return 'true';
    return holds({ not: rule }, user) ? 'false' : 'unusable';
  };

  test('a condition on an archived property is unusable, and so is its negation', () => {
    expect(truth(UNUSABLE)).toBe('unusable');
    expect(truth({ not: UNUSABLE })).toBe('unusable');
    expect(truth({ not: { not: UNUSABLE } })).toBe('unusable');
    for (const op of ['isNot', 'missing', 'exists']) expect(truth({ field: 'oldPlan', op })).toBe('unusable');
  });
  test.each([
    [TRUE, TRUE, 'true', 'true'],
    [TRUE, FALSE, 'false', 'true'],
    [FALSE, FALSE, 'false', 'false'],
    [TRUE, UNUSABLE, 'unusable', 'true'],
    [FALSE, UNUSABLE, 'false', 'unusable'],
    [UNUSABLE, UNUSABLE, 'unusable', 'unusable'],
  ])('%j with %j: all is %s, any is %s', (a, b, all, any) => {
    for (const parts of [
      [a, b],
      [b, a],
    ]) {
      expect(truth({ all: parts })).toBe(all);
      expect(truth({ any: parts })).toBe(any);
    }
  });
  test('a property that is gone, and one whose type no longer suits the condition, are unusable too', () => {
    const aged: readonly Rule[] = [
      { field: 'vanished', op: 'isNot', value: 'x' },
      { field: 'seats', op: 'isNot', value: 'pro' },
      { field: 'seats', op: 'contains', value: 'p' },
      { field: 'plan', op: 'is', value: 5 },
      { field: 'renewsOn', op: 'before', value: 'pro' },
      { field: 'hobbies', op: 'hasNone', value: 'chess' },
      { field: 'seats', op: 'between', value: [1] },
      { field: 'trial', op: 'isNotTrue', value: 'x' },
      { field: 'plan', op: 'constructor' },
      { field: '__proto__', op: 'exists' },
    ];
    for (const rule of aged) expect(truth(rule)).toBe('unusable');
  });
});

test('every operator of every kind of field is in a table above', () => {
  const tested = new Set(TABLE.map(([rule]) => `${rule.field} ${rule.op}`));
  const fields = { text: 'plan', identifier: 'userId', address: 'invoiceEmail hotline homepage', number: 'seats' };
  const more = { boolean: 'trial', date: 'renewsOn', datetime: 'lastLogin', time: 'callAt', list: 'hobbies' };
  const elsewhere = new Set(['exists', 'size', 'isEmpty', ...NEGATIVE_OF.values()]);
  for (const [kind, names] of Object.entries({ ...fields, ...more })) {
    for (const op of OPERATORS[kind as keyof typeof OPERATORS].keys()) {
      const isThere = names.split(' ').some((name) => tested.has(`${name} ${op}`));
      const like = kind === 'identifier' && ['startsWith', 'endsWith'].includes(op);
      expect(isThere || like || elsewhere.has(op), `${kind} ${op}`).toBe(true);
    }
  }
});

test('every operator that has words belongs to a kind of field', () => {
  expect([...PHRASES.keys()].sort()).toEqual([...ALL_OPERATORS].sort());
});
