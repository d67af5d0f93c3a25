import { beforeAll, expect, test } from 'vitest';
import { key } from '../../shared/data/keys.ts';
import { put } from '../../shared/data/table/operations.ts';
import * as users from '../../shared/data/users/users.ts';
import { entropyOf, ulid } from '../../shared/domain/id.ts';
import { schemaOf } from '../../shared/domain/properties/property.ts';
import { merged, unborn } from '../../shared/domain/users/merge.ts';
import type { Profile } from '../../shared/domain/users/user.ts';
import type { Value } from '../../shared/domain/values/value.ts';
import { startTable } from '../support/table/dynamodb.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');
const schema = schemaOf([]);
const iso = (ms: number) => new Date(ms).toISOString();
let count = 0;

/** A profile that is not stored yet. */
function person(properties: Record<string, Value>, at = NOW): Profile {
  count += 1;
  const id = ulid(at, entropyOf('users.test', count));
  const birth = unborn({ id, signedUpAt: iso(at), now: iso(NOW), source: 'api' });
  return changed(birth, properties);
}

function changed(before: Profile, properties: Record<string, Value | null>): Profile {
  const result = merged(before, { properties }, { now: iso(NOW), schema });
  if (result.kind !== 'changed') throw new Error(`nothing to write: ${result.kind}`);
  return result.profile;
}

beforeAll(startTable);

test('a created user is found by id and by each of its identifiers', async () => {
  const ada = person({ userId: 'crm-1', email: 'ada1@example.com', phone: '+14155550101', firstName: 'Ada' });
  expect(await users.create(ada, schema, NOW)).toEqual({ kind: 'done' });
  expect(await users.byId(ada.id)).toEqual(ada);
  for (const field of ['userId', 'email', 'phone']) {
    const value = String(ada.properties[field]);
    expect((await users.byIdentifier({ field, value }))?.id).toBe(ada.id);
  }
});

test('an identifier of another user is refused, and nothing of the second user is written', async () => {
  const first = person({ email: 'taken@example.com' });
  await users.create(first, schema, NOW);
  const second = person({ userId: 'crm-2', email: 'taken@example.com' });
  expect(await users.create(second, schema, NOW)).toEqual({
    kind: 'taken',
    taken: [{ field: 'email', owner: first.id }],
  });
  expect(await users.byId(second.id)).toBeNull();
  expect(await users.byIdentifier({ field: 'userId', value: 'crm-2' })).toBeNull();
});

test('promise 2: two users never share an identifier: of many writers racing for one e-mail exactly one wins', async () => {
  const racers = Array.from({ length: 12 }, (_, n) => person({ userId: `race-${n}`, email: 'race@example.com' }));
  const written = await Promise.all(racers.map((one) => users.create(one, schema, NOW)));
  expect(written.filter(({ kind }) => kind === 'done')).toHaveLength(1);
  const winner = racers[written.findIndex(({ kind }) => kind === 'done')];
  expect((await users.byIdentifier({ field: 'email', value: 'race@example.com' }))?.id).toBe(winner?.id);
});

test('a changed identifier frees the old value and claims the new one', async () => {
  const before = person({ userId: 'crm-3', email: 'old3@example.com' });
  await users.create(before, schema, NOW);
  const after = changed(before, { email: 'new3@example.com' });
  expect(await users.replace(before, after, schema, NOW)).toEqual({ kind: 'done' });
  expect(await users.byIdentifier({ field: 'email', value: 'old3@example.com' })).toBeNull();
  expect((await users.byIdentifier({ field: 'email', value: 'new3@example.com' }))?.id).toBe(before.id);
});

test('a write over a profile that was changed since it was read is stale', async () => {
  const before = person({ userId: 'crm-4' });
  await users.create(before, schema, NOW);
  expect((await users.replace(before, changed(before, { city: 'Paris' }), schema, NOW)).kind).toBe('done');
  expect((await users.replace(before, changed(before, { city: 'Rome' }), schema, NOW)).kind).toBe('stale');
});

test('a deleted user is gone at once and its identifiers are free again', async () => {
  const before = person({ userId: 'crm-5', email: 'five@example.com' });
  await users.create(before, schema, NOW);
  expect(await users.remove(before, schema)).toBe(true);
  expect(await users.byId(before.id)).toBeNull();
  expect((await users.create(person({ email: 'five@example.com' }), schema, NOW)).kind).toBe('done');
});

test('an identifier whose owner was never created is taken over, and the late owner cannot commit any more', async () => {
  const late = person({ email: 'late@example.com' });
  const [claim] = await import('../../shared/data/users/identifiers.ts').then(({ claimOf, identifiersOf }) =>
    identifiersOf(late, schema).map((one) => claimOf(one, late.id)),
  );
  if (!claim) throw new Error('a person with an e-mail has a claim');
  await put(claim);
  expect(await users.byIdentifier({ field: 'email', value: 'late@example.com' })).toBeNull();
  const early = person({ email: 'late@example.com' });
  expect((await users.create(early, schema, NOW)).kind).toBe('done');
  const committed = await put(
    { ...key.user(late.id, 16), entity: 'user', format: 1 },
    { expression: 'attribute_not_exists(PK)' },
  );
  expect(committed).toBe(false);
  expect((await users.byIdentifier({ field: 'email', value: 'late@example.com' }))?.id).toBe(early.id);
});

test('a page lists users by sign-up over all shards, newest first, and ends once', async () => {
  await startTable();
  const people = Array.from({ length: 75 }, (_, n) => person({ userId: `list-${n}` }, NOW + n * 1000));
  for (const one of people) await users.create(one, schema, NOW);
  const seen: string[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 10; pages += 1) {
    const page = await users.bySignUp({ after, limit: 20, newestFirst: true });
    seen.push(...page.users.map(({ id }) => id));
    if (page.last === null) break;
    after = page.last;
  }
  expect(seen).toEqual(people.map(({ id }) => id).reverse());
});
