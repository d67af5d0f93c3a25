import { expect, describe as suite, test } from 'vitest';
import { describe } from '../../shared/domain/rules/describe.ts';
import { fieldsOf } from '../../shared/domain/rules/fields.ts';
import { checked } from '../support/rules/arbitrary-rules.ts';

suite('a rule in plain English', () => {
  test.each<[unknown, string]>([
    [{ field: 'plan', op: 'is', value: 'pro' }, 'plan is pro'],
    [{ not: { field: 'plan', op: 'is', value: 'pro' } }, 'plan is not pro'],
    [{ field: 'plan', op: 'in', value: ['team', 'pro'] }, 'plan is one of pro, team'],
    [{ field: 'plan', op: 'is', value: 'Pro', exact: true }, 'plan is Pro (exactly)'],
    [{ field: 'city', op: 'is', value: 'New York' }, 'city is “New York”'],
    [{ field: 'city', op: 'is', value: 'the “city”' }, 'city is “the “city”””'],
    [{ field: 'plan', op: 'is', value: 'not' }, 'plan is “not”'],
    [{ field: 'hobbies', op: 'isEmpty' }, 'hobbies is not set'],
    [{ field: 'seats', op: 'between', value: [1, 2.5] }, 'seats is between 1 and 2.5'],
    [{ field: 'tags', op: 'size', value: { atLeast: 1, atMost: 3 } }, 'tags has at least 1 and at most 3 elements'],
    [{ field: 'tags', op: 'lacksAny', value: ['y', 'x'] }, 'tags lacks at least one of x, y'],
    [{ not: { field: 'callAt', op: 'is', value: '09:30' } }, 'callAt is not 09:30:00'],
    [{ not: { field: 'seats', op: 'atLeast', value: 5 } }, 'not (seats is at least 5)'],
    [
      { field: 'lastLogin', op: 'on', value: '2026-03-29', timeZone: 'user' },
      "lastLogin is on 2026-03-29 (in the user's time zone)",
    ],
    [
      {
        all: [
          { field: 'plan', op: 'is', value: 'pro' },
          {
            any: [
              { field: 'country', op: 'in', value: ['US', 'IN'] },
              { not: { field: 'tags', op: 'hasAny', value: ['churn-risk'] } },
            ],
          },
        ],
      },
      'plan is pro and (country is one of IN, US or tags has none of churn-risk)',
    ],
    [
      {
        not: {
          all: [
            { field: 'trial', op: 'isTrue' },
            { field: 'plan', op: 'exists' },
          ],
        },
      },
      'not (plan is set and trial is true)',
    ],
  ])('%j', (raw, said) => expect(describe(checked(raw))).toBe(said));

  test('reads the same however it was written', () => {
    const a = { field: 'plan', op: 'is', value: 'pro' };
    const b = { field: 'seats', op: 'in', value: [2, 1] };
    const same = [
      { all: [a, b] },
      { all: [b, a, a] },
      { all: [{ all: [{ field: 'seats', op: 'in', value: [1, 2, 1] }] }, { any: [a] }] },
      { not: { not: { all: [{ not: { field: 'plan', op: 'isNot', value: 'pro' } }, b] } } },
    ];
    const said = new Set(same.map((raw) => describe(checked(raw))));
    expect(said.size).toBe(1);
  });

  test('reads different where brackets or quotes make the difference', () => {
    const [x, y, z] = ['a1', 'b1', 'c1'].map((value) => ({ field: 'plan', op: 'is', value }));
    const different = [
      { all: [x, { any: [y, z] }] },
      { any: [{ all: [x, y] }, z] },
      { field: 'plan', op: 'in', value: ['a, b'] },
      { field: 'plan', op: 'in', value: ['a', 'b'] },
      { field: 'plan', op: 'in', value: ['a”, “b'] },
    ];
    expect(new Set(different.map((raw) => describe(checked(raw)))).size).toBe(different.length);
  });
});

suite('the fields of a rule', () => {
  test('are those it reads, the time zone of users too when their days count', () => {
    const rule = checked({
      any: [
        { field: 'lastLogin', op: 'on', value: '2026-03-29', timeZone: 'user' },
        {
          not: {
            all: [
              { field: 'plan', op: 'exists' },
              { field: 'plan', op: 'is', value: 'pro' },
            ],
          },
        },
      ],
    });
    expect([...fieldsOf(rule)].sort()).toEqual(['lastLogin', 'plan', 'timezone']);
  });
});
