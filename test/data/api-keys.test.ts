import { beforeEach, expect, test } from 'vitest';
import * as apiKeys from '../../shared/data/access/api-keys.ts';
import type { KeyScope } from '../../shared/domain/keys/api-key.ts';
import { makeKey } from '../../shared/domain/keys/input.ts';
import { startTable } from '../support/table/dynamodb.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');
const DAY = 86_400_000;
let made = 0;

beforeEach(async () => {
  await startTable();
});

/** A stored key, by its id. */
async function kept(scope: KeyScope, expiresAt: number | null = null): Promise<string> {
  made += 1;
  const end = expiresAt === null ? null : new Date(expiresAt).toISOString();
  const input = { name: 'test', email: 'owner@example.com', scopes: [scope], expiresAt: end };
  const { stored } = makeKey(input, 'dev', NOW - 2 * DAY, new Uint8Array(32).fill(made));
  await apiKeys.create(stored);
  return stored.id;
}

const owners = (count: number) => Promise.all(Array.from({ length: count }, () => kept('owner')));

async function liveOwners(): Promise<number> {
  return (await apiKeys.all()).filter(({ scopes, revokedAt }) => scopes.includes('owner') && revokedAt === null).length;
}

test.each([2, 3, 6])('of %i owner keys that are revoked at once, one stays', async (count) => {
  const ids = await owners(count);
  const outcomes = await Promise.all(ids.map((id) => apiKeys.revoke(id, NOW)));
  expect(outcomes.toSorted()).toEqual([...Array.from({ length: count - 1 }, () => 'done'), 'lastOwner']);
  expect(await liveOwners()).toBe(1);
});

test('a key is revoked once, however many ask at once', async () => {
  const [id = ''] = await owners(2);
  const outcomes = await Promise.all([1, 2, 3].map(() => apiKeys.revoke(id, NOW)));
  expect(outcomes.toSorted()).toEqual(['done', 'notFound', 'notFound']);
});

test('an expired owner key does not allow the last live one to be revoked', async () => {
  const live = await kept('owner');
  const expired = await kept('owner', NOW - DAY);
  expect(await apiKeys.revoke(live, NOW)).toBe('lastOwner');
  expect(await apiKeys.revoke(expired, NOW)).toBe('done');
});

test('another key goes while one owner key is there', async () => {
  const [reader] = [await kept('users:read'), await kept('owner')];
  expect(await apiKeys.revoke(reader, NOW)).toBe('done');
  expect(await liveOwners()).toBe(1);
});
