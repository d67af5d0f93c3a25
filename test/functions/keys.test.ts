import { beforeAll, expect, test } from 'vitest';
import { handler as create } from '../../functions/keys/create.ts';
import { handler as createFirst } from '../../functions/keys/create-first.ts';
import { handler as list } from '../../functions/keys/list.ts';
import { handler as revoke } from '../../functions/keys/revoke.ts';
import * as apiKeys from '../../shared/data/access/api-keys.ts';
import { makeKey } from '../../shared/domain/keys/input.ts';
import { keyWith, send, startDeployment } from '../support/deployment/deployment.ts';

const context = { getRemainingTimeInMillis: () => 10_000 };
let owner: string;

beforeAll(async () => {
  await startDeployment();
  owner = (await createFirst({ name: 'owner', email: 'owner@example.com' }, context)).secret;
});

const make = (body: unknown, key = owner, headers = {}) => send(create, 'POST /v1/keys', { key, body, headers });
const READER = { name: 'reader', email: 'reader@example.com', scopes: ['users:read'] };

test('the first key opens everything', async () => {
  const got = await send(list, 'GET /v1/keys', { key: owner });
  expect(got.status).toBe(200);
  expect(got.body.data).toMatchObject([{ name: 'owner', email: 'owner@example.com', revokedAt: null }]);
});

test('a secret is shown once, and never again in a replay or a list', async () => {
  const headers = { 'idempotency-key': 'key-1' };
  const first = await make(READER, owner, headers);
  expect([first.status, first.body.secret]).toEqual([201, expect.stringMatching(/^rk_dev_[0-9a-f]{16}_[0-9a-f]{72}$/)]);
  const again = await make(READER, owner, headers);
  expect([again.status, again.body.secret]).toEqual([201, null]);
  expect(again.body.key).toMatchObject({ id: (first.body.key as { id: string }).id });
  const listed = JSON.stringify((await send(list, 'GET /v1/keys', { key: owner })).body);
  expect(listed).not.toContain(String(first.body.secret).slice(-72));
});

test('a key hands out no scope that it lacks', async () => {
  const limited = await keyWith('keys', 'users:read');
  const got = await make({ ...READER, scopes: ['users:read', 'users:write'] }, limited);
  expect([got.status, got.body.code]).toEqual([403, 'missingScope']);
  expect((await make(READER, limited)).status).toBe(201);
});

test('keys are listed page by page, each once', async () => {
  for (let n = 0; n < 3; n += 1) await make(READER);
  const whole = (await send(list, 'GET /v1/keys', { key: owner })).body.data as { id: string }[];
  const ids: string[] = [];
  for (let query = 'limit=2'; query !== ''; ) {
    const { body } = await send(list, 'GET /v1/keys', { key: owner, query });
    ids.push(...(body.data as { id: string }[]).map(({ id }) => id));
    query = body.nextCursor === null ? '' : `limit=2&cursor=${encodeURIComponent(String(body.nextCursor))}`;
  }
  expect(ids).toEqual(whole.map(({ id }) => id));
});

test.each([
  ['tomorrow', 'invalidDatetime'],
  ['2020-01-01T00:00:00Z', 'outOfRange'],
])('a key that ends at %s is refused as %s', async (expiresAt, code) => {
  const { status, body } = await make({ ...READER, expiresAt });
  expect([status, body.code]).toEqual([400, code]);
  const later = await make({ ...READER, expiresAt: '2999-01-01T01:00:00+01:00' });
  expect(later.body.key).toMatchObject({ expiresAt: '2999-01-01T00:00:00.000Z' });
});

test('a key is not given to an address that may not get mail', async () => {
  const got = await make({ ...READER, email: 'somebody@elsewhere.org' });
  expect([got.status, got.body.code]).toEqual([400, 'notAllowedRecipient']);
});

test('an expired key and a revoked one open nothing', async () => {
  const input = { name: 'old', email: 'old@example.com', scopes: ['keys' as const], expiresAt: '2020-01-01T00:00:00Z' };
  const expired = makeKey(input, 'dev', Date.parse('2019-01-01T00:00:00Z'), new Uint8Array(32).fill(200));
  await apiKeys.create(expired.stored);
  expect((await send(list, 'GET /v1/keys', { key: expired.secret })).status).toBe(401);
  const made = await make({ ...READER, scopes: ['keys'] });
  const secret = String(made.body.secret);
  expect((await send(list, 'GET /v1/keys', { key: secret })).status).toBe(200);
  const params = { id: (made.body.key as { id: string }).id };
  expect((await send(revoke, 'DELETE /v1/keys/{id}', { key: owner, params })).status).toBe(204);
  expect((await send(list, 'GET /v1/keys', { key: secret })).status).toBe(401);
  expect((await send(revoke, 'DELETE /v1/keys/{id}', { key: owner, params })).status).toBe(404);
});

test('a key revokes only keys whose scopes it holds itself', async () => {
  const limited = await keyWith('keys', 'users:read');
  const idOf = async (...scopes: string[]) => ((await make({ ...READER, scopes })).body.key as { id: string }).id;
  const end = (id: string, key: string) => send(revoke, 'DELETE /v1/keys/{id}', { key, params: { id } });
  for (const scopes of [['owner'], ['users:write'], ['users:read', 'exports']]) {
    const id = await idOf(...scopes);
    const refused = await end(id, limited);
    expect([refused.status, refused.body.code]).toEqual([403, 'missingScope']);
    expect((await end(id, owner)).status).toBe(204);
    // A revoked key is a 404 for every caller.
    expect((await end(id, limited)).status).toBe(404);
  }
  expect((await end(await idOf('users:read'), limited)).status).toBe(204);
});

test('the last live owner key stays', async () => {
  const keys = (await send(list, 'GET /v1/keys', { key: owner })).body.data as { id: string; name: string }[];
  const id = keys.find(({ name }) => name === 'owner')?.id ?? '';
  const got = await send(revoke, 'DELETE /v1/keys/{id}', { key: owner, params: { id } });
  expect([got.status, got.body.code]).toEqual([409, 'lastOwner']);
});
