import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { hashOf } from '../../shared/data/keys.ts';
import { insertOf } from '../../shared/data/table/batches.ts';
import { connect } from '../../shared/data/table/client.ts';
import { claimInsert, claimOf } from '../../shared/data/users/identifiers.ts';
import { profileInsert, profileItem, readProfile } from '../../shared/data/users/profile-item.ts';
import { Profile, Source, Status, Verdict } from '../../shared/domain/users/user.ts';
import { FakeTable } from '../support/table/fake-table.ts';

const open = (table: string) => connect({ ...new FakeTable().connection(16), table, secret: 'secret' });

beforeAll(() => open('roster'));

/** Names of attributes and their values, as an insert pairs them. */
function pairsOf({ Statement, Parameters }: ReturnType<typeof insertOf>) {
  const names = [...Statement.matchAll(/'(\w+)': \?/g)].map(([, name]) => name);
  expect(names).toHaveLength(Parameters.length);
  return Object.fromEntries(names.map((name, at) => [name, Parameters[at]]));
}

const text = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' });
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null });
const number = fc.integer({ min: 0, max: 1e6 });
const profiles: fc.Arbitrary<Profile> = fc.record({
  id: fc.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/),
  status: fc.constantFrom(...Status.options),
  statusReason: maybe(text),
  properties: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(text, number, fc.boolean(), fc.array(text))),
  aliases: fc.array(text, { maxLength: 2 }),
  tags: fc.array(text, { maxLength: 2 }),
  companies: fc.array(text, { maxLength: 2 }),
  signedUpAt: text,
  createdAt: text,
  updatedAt: text,
  lastSeenAt: maybe(text),
  source: fc.constantFrom(...Source.options),
  version: number,
  revision: number,
  lists: fc.array(text, { maxLength: 2 }),
  lastRow: maybe(fc.record({ job: text, line: number, verdict: fc.constantFrom(...Verdict.options) })),
});

test('the insert of a profile is that of its item, and its item is read as the profile', () => {
  fc.assert(
    fc.property(profiles, (profile) => {
      const item = profileItem(profile);
      expect(pairsOf(profileInsert(profile))).toEqual(pairsOf(insertOf(item)));
      expect(readProfile(item)).toEqual(profile);
      expect(Object.keys(profile).toSorted()).toEqual(Object.keys(Profile.shape).toSorted());
    }),
  );
});

test('the insert of a claim is that of its item', () => {
  const claim = claimOf({ field: 'email', value: 'ada@example.com' }, 'somebody');
  expect(pairsOf(claimInsert(claim, 'somebody'))).toEqual(pairsOf(insertOf(claim)));
});

test('an insert names the table in use', () => {
  const claim = claimOf({ field: 'email', value: 'ada@example.com' }, 'somebody');
  open('another');
  expect(claimInsert(claim, 'somebody').Statement).toContain('INSERT INTO "another"');
  open('roster');
  expect(claimInsert(claim, 'somebody').Statement).toContain('INSERT INTO "roster"');
});

test('the keyed hash is HMAC-SHA-256, whatever the value and the key', () => {
  const values = fc.string({ maxLength: 400, unit: 'binary' });
  fc.assert(
    fc.property(values, fc.string({ minLength: 1, maxLength: 100, unit: 'grapheme' }), (value, secret) => {
      const expected = createHmac('sha256', secret).update(value).digest('base64url').slice(0, 22);
      expect(hashOf(value, secret)).toBe(expected);
      expect(hashOf(value, secret)).toBe(expected);
    }),
  );
  for (const value of ['', 'a'.repeat(341), 'ß'.repeat(342), '😀'.repeat(2_000)]) {
    const expected = createHmac('sha256', 'secret').update(value).digest('base64url').slice(0, 22);
    expect(hashOf(value, 'secret')).toBe(expected);
  }
});
