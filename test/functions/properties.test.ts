import { beforeAll, expect, test } from 'vitest';
import { handler as create } from '../../functions/properties/create.ts';
import { handler as get } from '../../functions/properties/get.ts';
import { handler as list } from '../../functions/properties/list.ts';
import { handler as createUser } from '../../functions/users/create.ts';
import { handler as getUser } from '../../functions/users/get.ts';
import { keyWith, send, startDeployment } from '../support/deployment/deployment.ts';

let key: string;
beforeAll(async () => {
  await startDeployment();
  key = await keyWith('users:read', 'users:write');
});

const declare = (body: unknown) => send(create, 'POST /v1/properties', { key, body });

test('a declared property is shown whole, listed behind the system ones, and takes values', async () => {
  const got = await declare({ key: 'seats', type: 'number', label: 'Seats' });
  expect(got.status).toBe(201);
  expect(got.headers).toMatchObject({ location: '/v1/properties/seats', etag: '"1"' });
  expect(got.body).toMatchObject({ key: 'seats', type: 'number', origin: 'custom', scope: 'user', version: 1 });
  const listed = (await send(list, 'GET /v1/properties', { key })).body.data as { key: string; origin: string }[];
  expect(listed.at(0)).toMatchObject({ key: 'userId', origin: 'system' });
  expect(listed.at(-1)).toMatchObject({ key: 'seats' });
  const user = await send(createUser, 'POST /v1/users', { key, body: { properties: { userId: 's1', seats: 5 } } });
  expect(user.body.properties).toEqual({ userId: 's1', seats: 5 });
});

test('a property of a custom identifier finds users', async () => {
  await declare({ key: 'badge', type: 'text', identifier: true });
  const made = await send(createUser, 'POST /v1/users', { key, body: { properties: { badge: 'B-7' } } });
  const found = await send(getUser, 'GET /v1/users/{ref}', { key, params: { ref: 'badge:B-7' } });
  expect(found.body.id).toBe(made.body.id);
});

test('a key that is there already is a 409, also one of the system', async () => {
  await declare({ key: 'twice', type: 'text' });
  for (const name of ['twice', 'email']) {
    const got = await declare({ key: name, type: 'text' });
    expect([got.status, got.body.code]).toEqual([409, 'exists']);
  }
});

test.each([
  ['__proto__', 'forbiddenName'],
  ['constructor', 'forbiddenName'],
  ['status', 'reservedName'],
  ['tags', 'reservedName'],
  ['Plan', 'notAllowed'],
  ['plan name', 'notAllowed'],
  ['', 'notAllowed'],
  ['p'.repeat(65), 'tooLong'],
])('the key %j is refused as %s', async (name, code) => {
  const got = await declare({ key: name, type: 'text' });
  expect([got.status, got.body.code]).toEqual([400, code]);
});

test.each([
  ['mobile', 'phone'],
  ['e_mail', 'email'],
  ['customerId', 'userId'],
  ['telefon', 'phone'],
  ['created_at', 'createdAt'],
  ['firstname', 'firstName'],
  ['iD', 'id'],
])('the key %s, and a label like it, would be taken for %s in a file', async (name, field) => {
  const byKey = await declare({ key: name, type: 'text' });
  expect([byKey.status, byKey.body.code]).toEqual([400, 'reservedName']);
  expect(byKey.body.errors).toMatchObject([{ pointer: '/key', detail: expect.stringContaining(field) }]);
  const byLabel = await declare({ key: 'ownField', type: 'text', label: ` ${name.toUpperCase()}. ` });
  expect(byLabel.body.errors).toMatchObject([{ pointer: '/label', code: 'reservedName' }]);
  const ofCompanies = await declare({ key: name, type: 'text', scope: 'company', label: name });
  expect(ofCompanies.status).toBe(201);
});

test('a key like a synonym of another field than an identifier may be', async () => {
  expect((await declare({ key: 'town', type: 'text', label: 'Labels' })).status).toBe(201);
});

test('an identifier of another type than text, or a sixth one, is refused', async () => {
  expect((await declare({ key: 'badgeNumber', type: 'number', identifier: true })).body.code).toBe('notAllowed');
  for (const name of ['idTwo', 'idThree', 'idFour', 'idFive'])
    await declare({ key: name, type: 'text', identifier: true });
  const sixth = await declare({ key: 'idSix', type: 'text', identifier: true });
  expect([sixth.status, sixth.body.code]).toEqual([409, 'limitReached']);
});

test('of two calls that declare one key at once, one succeeds and the other is answered that it exists', async () => {
  const got = await Promise.all([declare({ key: 'race', type: 'text' }), declare({ key: 'race', type: 'number' })]);
  expect(got.map(({ status }) => status).sort()).toEqual([201, 409]);
});

test('a scope has its own properties', async () => {
  await declare({ key: 'industry', type: 'text', scope: 'company' });
  const company = await send(list, 'GET /v1/properties', { key, query: 'scope=company' });
  expect((company.body.data as { key: string }[]).map((one) => one.key)).toEqual(
    expect.arrayContaining(['name', 'industry']),
  );
  const user = await send(get, 'GET /v1/properties/{key}', { key, params: { key: 'industry' } });
  expect(user.status).toBe(404);
});
