import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from '../../shared/domain/rules/schema.ts';
import { checked, conditions, LOCALE, SCHEMA } from '../support/rules/arbitrary-rules.ts';

/** The faults of a rule, each as `code pointer`. */
function faults(raw: unknown, prefix?: string): readonly string[] {
  const result = check(raw, SCHEMA, LOCALE, prefix);
  if ('rule' in result) return [];
  return result.faults.map((fault) => `${fault.code} ${'pointer' in fault ? fault.pointer : ''}`);
}

const GOOD = { field: 'plan', op: 'is', value: 'pro' };
const nest = (groups: number, kind: 'all' | 'any' | 'not', inner: unknown = GOOD): unknown =>
  groups === 0 ? inner : nest(groups - 1, kind, kind === 'not' ? { not: inner } : { [kind]: [inner] });

describe('a rule that cannot be checked says what is wrong and where', () => {
  test.each<[string, unknown, readonly string[]]>([
    ['nothing', undefined, ['wrongType /rule']],
    ['null', null, ['wrongType /rule']],
    ['a text', 'plan is pro', ['wrongType /rule']],
    ['an array', [GOOD], ['wrongType /rule']],
    ['an empty object', {}, ['required /rule']],
    ['no operator', { field: 'plan' }, ['required /rule/op']],
    ['no field', { op: 'is', value: 'pro' }, ['required /rule/field']],
    ['a key too many', { ...GOOD, 'a/b~c': 1 }, ['unknownKey /rule/a~1b~0c']],
    ['two groups in one', { all: [GOOD], any: [GOOD] }, ['unknownKey /rule/any']],
    [
      'a condition beside a group',
      { ...GOOD, not: GOOD },
      ['field', 'op', 'value'].map((key) => `unknownKey /rule/${key}`),
    ],
    ['an empty group', { all: [] }, ['emptyGroup /rule/all']],
    ['an empty group inside', { any: [GOOD, { all: [] }] }, ['emptyGroup /rule/any/1/all']],
    ['a group that is no array', { all: GOOD }, ['wrongType /rule/all']],
    ['a not that is an array', { not: [GOOD] }, ['wrongType /rule/not']],
    ['an unknown field', { field: 'plann', op: 'is', value: 'pro' }, ['unknownField /rule/field']],
    ['a field with a wrong case', { field: 'Plan', op: 'is', value: 'pro' }, ['unknownField /rule/field']],
    ['a field of the API that is none', { field: 'version', op: 'is', value: 1 }, ['unknownField /rule/field']],
    ['an archived field', { field: 'oldPlan', op: 'is', value: 'pro' }, ['archived /rule/field']],
    ['a field that is no text', { field: 5, op: 'is', value: 'pro' }, ['wrongType /rule/field']],
    ['a forbidden field', { field: 'constructor', op: 'exists' }, ['forbiddenName /rule/field']],
    ['a forbidden field', { field: '__proto__', op: 'exists' }, ['forbiddenName /rule/field']],
    ['a forbidden key', JSON.parse('{"field":"plan","op":"exists","__proto__":1}'), ['forbiddenName /rule/__proto__']],
    [
      'a forbidden key beside a group',
      JSON.parse('{"not":{"field":"plan","op":"exists"},"__proto__":{}}'),
      ['forbiddenName /rule/__proto__'],
    ],
    ['an unknown operator', { field: 'plan', op: 'equals', value: 'pro' }, ['unknownOperator /rule/op']],
    ['an operator of every object', { field: 'plan', op: 'toString' }, ['unknownOperator /rule/op']],
    ['an operator that is no text', { field: 'plan', op: ['is'], value: 'pro' }, ['wrongType /rule/op']],
    ['an operator of another type', { field: 'plan', op: 'greaterThan', value: 5 }, ['wrongOperator /rule/op']],
    ['isNot on a time', { field: 'callAt', op: 'isNot', value: '09:00' }, ['wrongOperator /rule/op']],
    ['isEmpty on a text', { field: 'plan', op: 'isEmpty' }, ['wrongOperator /rule/op']],
    ['a value where none goes', { field: 'trial', op: 'isTrue', value: true }, ['unknownKey /rule/value']],
    ['null where no value goes', { field: 'trial', op: 'exists', value: null }, ['unknownKey /rule/value']],
    ['no value', { field: 'plan', op: 'is' }, ['required /rule/value']],
    ['null', { field: 'plan', op: 'is', value: null }, ['required /rule/value']],
    ['an empty text', { field: 'plan', op: 'is', value: '' }, ['required /rule/value']],
    ['a blank text', { field: 'plan', op: 'contains', value: ' \u00a0' }, ['required /rule/value']],
    ['a number for a text', { field: 'plan', op: 'is', value: 5 }, ['wrongType /rule/value']],
    ['a list for a text', { field: 'plan', op: 'is', value: ['pro'] }, ['wrongType /rule/value']],
    ['a text for a list', { field: 'plan', op: 'in', value: 'pro' }, ['wrongType /rule/value']],
    ['an empty list', { field: 'plan', op: 'in', value: [] }, ['required /rule/value']],
    [
      'a list of 501',
      { field: 'seats', op: 'in', value: Array.from({ length: 501 }, (_, i) => i) },
      ['tooMany /rule/value'],
    ],
    [
      'bad elements',
      { field: 'plan', op: 'in', value: ['pro', '', 5] },
      ['required /rule/value/1', 'wrongType /rule/value/2'],
    ],
    ['a text that is too long', { field: 'plan', op: 'is', value: 'x'.repeat(256) }, ['tooLong /rule/value']],
    ['a long text that is too long', { field: 'notes', op: 'is', value: 'x'.repeat(2_001) }, ['tooLong /rule/value']],
    ['a part that is too long', { field: 'notes', op: 'contains', value: 'x'.repeat(256) }, ['tooLong /rule/value']],
    ['a control character', { field: 'plan', op: 'is', value: 'a\0b' }, ['invalidCharacter /rule/value']],
    ['a text for a number', { field: 'seats', op: 'is', value: '5' }, ['wrongType /rule/value']],
    ['NaN', { field: 'seats', op: 'is', value: Number.NaN }, ['outOfRange /rule/value']],
    ['a number out of range', { field: 'seats', op: 'atLeast', value: 1e15 }, ['outOfRange /rule/value']],
    ['a range of one', { field: 'seats', op: 'between', value: [1] }, ['wrongType /rule/value']],
    ['a range of three', { field: 'seats', op: 'between', value: [1, 2, 3] }, ['wrongType /rule/value']],
    ['a range that runs backwards', { field: 'seats', op: 'between', value: [2, 1] }, ['outOfRange /rule/value']],
    [
      'days that run backwards',
      { field: 'renewsOn', op: 'between', value: ['2026-01-02', '2026-01-01'] },
      ['outOfRange /rule/value'],
    ],
    ['half a range', { field: 'seats', op: 'between', value: [1, null] }, ['required /rule/value/1']],
    ['a day that is none', { field: 'renewsOn', op: 'on', value: '2026-02-30' }, ['invalidDate /rule/value']],
    [
      'an instant for a date',
      { field: 'renewsOn', op: 'before', value: '2026-01-01T00:00:00Z' },
      ['invalidDate /rule/value'],
    ],
    ['an instant for on', { field: 'lastLogin', op: 'on', value: '2026-01-01T00:00:00Z' }, ['invalidDate /rule/value']],
    [
      'a day that is none for a datetime',
      { field: 'lastLogin', op: 'before', value: '2026-13-01' },
      ['invalidDate /rule/value'],
    ],
    [
      'an instant without offset',
      { field: 'lastLogin', op: 'before', value: '2026-01-01T00:00:00' },
      ['invalidDatetime /rule/value'],
    ],
    [
      'a day and an instant',
      { field: 'lastLogin', op: 'between', value: ['2026-01-01', '2026-01-02T00:00:00Z'] },
      ['wrongType /rule/value'],
    ],
    ['a time that is none', { field: 'callAt', op: 'after', value: '24:00' }, ['invalidTime /rule/value']],
    [
      'an e-mail that is none',
      { field: 'invoiceEmail', op: 'in', value: ['ada@example.com', 'ada'] },
      ['invalidEmail /rule/value/1'],
    ],
    ['a phone that is none', { field: 'hotline', op: 'is', value: 'call me' }, ['invalidPhone /rule/value']],
    ['a URL that is none', { field: 'homepage', op: 'is', value: 'example.com' }, ['invalidUrl /rule/value']],
    ['a status that is none', { field: 'status', op: 'is', value: 'deleted' }, ['notAllowed /rule/value']],
    ['a source that is none', { field: 'source', op: 'in', value: ['csv', 'CSV'] }, ['notAllowed /rule/value/1']],
    ['a status that is no text', { field: 'status', op: 'is', value: true }, ['wrongType /rule/value']],
    ['a size that is none', { field: 'tags', op: 'size', value: 2 }, ['wrongType /rule/value']],
    ['a size without ends', { field: 'tags', op: 'size', value: {} }, ['required /rule/value']],
    [
      'a size with other keys',
      { field: 'tags', op: 'size', value: { exactly: 2 } },
      ['unknownKey /rule/value/exactly'],
    ],
    [
      'a size that is not whole',
      { field: 'tags', op: 'size', value: { atLeast: 1.5 } },
      ['outOfRange /rule/value/atLeast'],
    ],
    ['a size below 0', { field: 'tags', op: 'size', value: { atMost: -1 } }, ['outOfRange /rule/value/atMost']],
    ['a size of text', { field: 'tags', op: 'size', value: { atMost: '2' } }, ['wrongType /rule/value/atMost']],
    [
      'a size that runs backwards',
      { field: 'tags', op: 'size', value: { atLeast: 2, atMost: 1 } },
      ['outOfRange /rule/value'],
    ],
    ['exact on a number', { field: 'seats', op: 'is', value: 5, exact: true }, ['unknownKey /rule/exact']],
    ['exact on a list', { field: 'tags', op: 'hasAny', value: ['a'], exact: true }, ['unknownKey /rule/exact']],
    ['exact without value', { field: 'plan', op: 'exists', exact: true }, ['unknownKey /rule/exact']],
    ['exact that is no truth value', { ...GOOD, exact: 'yes' }, ['wrongType /rule/exact']],
    ['a time zone on a text', { ...GOOD, timeZone: 'user' }, ['unknownKey /rule/timeZone']],
    [
      'a time zone by name',
      { field: 'lastLogin', op: 'on', value: '2026-01-01', timeZone: 'UTC' },
      ['notAllowed /rule/timeZone'],
    ],
  ])('%s', (_, raw, expected) => expect(faults(raw)).toEqual(expected));

  test('a phone without country code, where the deployment has no country', () => {
    const raw = { field: 'hotline', op: 'is', value: '4155550100' };
    expect(check(raw, SCHEMA, { ...LOCALE, defaultCountry: null })).toMatchObject({
      faults: [{ code: 'phoneNeedsCountry', pointer: '/rule/value' }],
    });
  });

  test('all faults come at once, below the prefix, and none of them holds what was sent', () => {
    const raw = {
      all: [
        { field: 'secret-field', op: 'is', value: 'x' },
        {
          any: [{ field: 'seats', op: 'atLeast', value: 'secret-value' }, { not: { field: 'plan', op: 'secret-op' } }],
        },
      ],
    };
    expect(faults(raw, '/where')).toEqual([
      'unknownField /where/all/0/field',
      'wrongType /where/all/1/any/0/value',
      'unknownOperator /where/all/1/any/1/not/op',
    ]);
    expect(JSON.stringify(check(raw, SCHEMA, LOCALE))).not.toContain('secret');
  });
});

describe('parts of the language that are not served yet are refused with a sentence that says so', () => {
  test.each<[unknown, string]>([
    [{ field: 'dob', op: 'today' }, 'unknownOperator /rule/op'],
    [{ field: 'lastLogin', op: 'inLast', value: { n: 3, unit: 'day' } }, 'unknownOperator /rule/op'],
    [{ field: 'dob', op: 'anniversary', value: { inNext: 7 } }, 'unknownOperator /rule/op'],
    [{ field: 'company.seats', op: 'atLeast', value: 50 }, 'unknownField /rule/field'],
    [{ company: GOOD }, 'unknownKey /rule/company'],
    [{ event: 'purchase', count: { atLeast: 3 } }, 'unknownKey /rule/event'],
    [{ segment: 'seg_1', op: 'isMember' }, 'unknownKey /rule/segment'],
    [{ sample: { percent: 10, salt: 'a' } }, 'unknownKey /rule/sample'],
  ])('%j', (raw, expected) => {
    expect(faults(raw)).toEqual([expected]);
    expect(JSON.stringify(check(raw, SCHEMA, LOCALE))).toContain('not available in this version');
  });
});

describe('limits', () => {
  test.each(['all', 'any', 'not'] as const)('groups of %s nest 8 deep and no deeper', (kind) => {
    expect(faults(nest(8, kind))).toEqual([]);
    expect(faults(nest(9, kind))).toEqual([`tooDeep /rule${(kind === 'not' ? '/not' : `/${kind}/0`).repeat(8)}`]);
  });
  test('100 conditions and no more', () => {
    const many = (count: number) => ({ any: Array.from({ length: count }, () => GOOD) });
    expect(faults(many(100))).toEqual([]);
    expect(faults(many(101))).toEqual(['tooMany /rule']);
    expect(faults({ all: [many(60), many(60)] })).toEqual(['tooMany /rule']);
  });
  test('lists of 500 and no more, but 16 KB in all', () => {
    const long = (count: number, width: number) => ({
      field: 'plan',
      op: 'in',
      value: Array.from({ length: count }, (_, i) => String(i).padStart(width, 'x')),
    });
    expect(faults(long(500, 20))).toEqual([]);
    expect(faults(long(500, 40))).toEqual(['tooLong /rule']);
    // The limit counts bytes: these are 9,000 characters.
    expect(faults({ field: 'plan', op: 'in', value: Array.from({ length: 90 }, () => 'é'.repeat(100)) })).toEqual([
      'tooLong /rule',
    ]);
  });
});

describe('a text identifier in a rule is read as a user’s own would be', () => {
  test('without the armour of spreadsheets', () => {
    expect(checked({ field: 'userId', op: 'is', value: '="00042"' })).toMatchObject({ value: '00042' });
    expect(checked({ field: 'userId', op: 'in', value: ['="00042"', ' a '] })).toMatchObject({ value: ['00042', 'a'] });
    expect(checked({ field: 'plan', op: 'is', value: '="00042"' })).toMatchObject({ value: '="00042"' });
  });
  test('and refused when a spreadsheet wrecked it, or when it stands for no value', () => {
    expect(faults({ field: 'userId', op: 'is', value: '4.79386E+17' })).toEqual(['mangledNumber /rule/value']);
    expect(faults({ field: 'userId', op: 'in', value: ['a', '#N/A'] })).toEqual(['blockedIdentifier /rule/value/1']);
    expect(faults({ field: 'userId', op: 'contains', value: '#N/A' })).toEqual([]);
  });
});

describe('hostile input is answered with faults, never with an exception', () => {
  test('nesting beyond any stack', () => {
    let deep: unknown = GOOD;
    for (let level = 0; level < 100_000; level += 1) deep = level % 2 ? { not: deep } : { all: [deep] };
    expect(faults(deep)).toHaveLength(1);
  });
  test('arrays and objects without end', () => {
    expect(faults({ all: Array.from({ length: 100_000 }, () => ({})) })).toHaveLength(100);
    expect(faults(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])))).toHaveLength(100);
    expect(faults({ field: 'plan', op: 'in', value: Array.from({ length: 1_000_000 }, () => 'x') })).toEqual([
      'tooMany /rule/value',
    ]);
    expect(faults({ field: 'plan', op: 'in', value: new Array(3) })).toHaveLength(3);
    expect(faults({ field: 'plan', op: 'is', value: 'x'.repeat(5_000_000) })).toEqual(['tooLong /rule/value']);
  });
  test('anything at all', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true });
    const mangled = fc.record({
      field: fc.oneof(fc.constantFrom('plan', 'seats', 'tags', 'lastLogin', 'hotline'), anything),
      op: fc.oneof(fc.constantFrom('is', 'in', 'between', 'size', 'hasAny', 'before'), anything),
      value: fc.oneof(anything, fc.array(anything)),
      exact: anything,
      timeZone: anything,
    });
    const raw = fc.oneof(
      anything,
      mangled,
      fc.record({ all: fc.oneof(anything, fc.array(fc.oneof(mangled, conditions))) }),
      fc.record({ not: anything }),
    );
    fc.assert(
      fc.property(raw, (rule) => {
        const result = check(rule, SCHEMA, LOCALE);
        if ('faults' in result) expect(result.faults.length).toBeGreaterThan(0);
        else expect(check(result.rule, SCHEMA, LOCALE)).toEqual(result);
      }),
      { numRuns: 3_000 },
    );
  });
  test('a rule with members of a prototype keeps to its own', () => {
    expect(faults(Object.create({ all: [GOOD] }))).toEqual(['required /rule']);
    expect(checked({ ...GOOD })).toEqual(GOOD);
  });
});
