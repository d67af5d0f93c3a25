import fc from 'fast-check';
import { expect, test } from 'vitest';
import { schemaOf } from '../../shared/domain/properties/property.ts';
import type { Change } from '../../shared/domain/users/change.ts';
import { merged, unborn, verdictOf } from '../../shared/domain/users/merge.ts';
import type { Profile } from '../../shared/domain/users/user.ts';
import { customProperty } from '../support/arbitrary/property.ts';

const BORN = '2026-01-31T09:30:00.000Z';
const LATER = '2026-02-01T00:00:00.000Z';
const schema = schemaOf([customProperty('plan', 'text'), customProperty('oldPlan', 'text', { archived: true })]);
const nobody = unborn({ id: '01JAAAAAAAAAAAAAAAAAAAAAAA', signedUpAt: BORN, now: BORN, source: 'csv' });

function after(before: Profile, change: Change, replace = false): Profile {
  const result = merged(before, change, { now: LATER, schema, replace });
  return result.kind === 'changed' ? result.profile : before;
}

const ada = after(nobody, {
  properties: { userId: 'A', email: 'ada@example.com', city: 'Paris', plan: 'pro' },
  tags: { mode: 'merge', values: ['VIP'] },
});

test('the first change makes version 1', () => {
  expect([ada.version, ada.revision, ada.updatedAt]).toEqual([1, 1, LATER]);
});

test('given values change, null clears, the rest stays', () => {
  const next = after(ada, { properties: { city: null, plan: 'free' } });
  expect(next.properties).toEqual({ userId: 'A', email: 'ada@example.com', plan: 'free' });
  expect(next.version).toBe(2);
});

test('tags unite by their folded spelling, the first one stays', () => {
  expect(after(ada, { properties: {}, tags: { mode: 'merge', values: ['vip', 'beta'] } }).tags).toEqual([
    'VIP',
    'beta',
  ]);
  expect(after(ada, { properties: {}, tags: { mode: 'replace', values: ['beta'] } }).tags).toEqual(['beta']);
});

test('replace clears what is not given, but neither archived values nor companies', () => {
  const before = { ...ada, properties: { ...ada.properties, oldPlan: 'gold' }, companies: ['acme'] };
  const next = after(before, { properties: { userId: 'A' } }, true);
  expect(next.properties).toEqual({ userId: 'A', oldPlan: 'gold' });
  expect([next.tags, next.companies]).toEqual([[], ['acme']]);
});

test('a user without an identifier cannot be', () => {
  const refused = merged(nobody, { properties: { city: 'Paris' } }, { now: LATER, schema });
  expect(refused).toMatchObject({ kind: 'refused', fault: { code: 'noIdentifier' } });
  const cleared = merged(ada, { properties: { userId: null, email: null } }, { now: LATER, schema });
  expect(cleared).toMatchObject({ kind: 'refused', fault: { code: 'lastIdentifier' } });
});

test('a profile over 64 KB, too many tags and too many companies are refused', () => {
  const code = (change: Change) => {
    const result = merged(ada, change, { now: LATER, schema });
    return result.kind === 'refused' ? result.fault.code : result.kind;
  };
  expect(code({ properties: { plan: 'é'.repeat(33_000) } })).toBe('profileTooLarge');
  expect(code({ properties: { plan: 'e'.repeat(60_000) } })).toBe('changed');
  const many = (count: number) => Array.from({ length: count }, (_, n) => `t${n}`);
  expect(code({ properties: {}, tags: { mode: 'merge', values: many(100) } })).toBe('tooMany');
  expect(code({ properties: {}, companies: { mode: 'replace', values: many(21) } })).toBe('tooMany');
});

test('a merge is idempotent: the same change again changes nothing', () => {
  const value = fc.oneof(fc.constant(null), fc.string({ minLength: 1, maxLength: 5 }));
  const change = fc.record({
    properties: fc.record({ city: value, plan: value, email: value }, { requiredKeys: [] }),
    tags: fc.record({
      mode: fc.constantFrom('merge' as const, 'replace' as const),
      values: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
    }),
  });
  fc.assert(
    fc.property(change, fc.boolean(), (one, replace) => {
      const first = after(ada, { ...one, properties: { userId: 'A', ...one.properties } }, replace);
      const again = merged(
        first,
        { ...one, properties: { userId: 'A', ...one.properties } },
        { now: LATER, schema, replace },
      );
      expect(again.kind).toBe('unchanged');
    }),
  );
});

test('a row of a new user is IMPORTED, of a changed one MERGED, else UNCHANGED', () => {
  expect(verdictOf(false, { kind: 'changed', profile: ada })).toBe('IMPORTED');
  expect(verdictOf(true, { kind: 'changed', profile: ada })).toBe('MERGED');
  expect(verdictOf(true, { kind: 'unchanged' })).toBe('UNCHANGED');
});
