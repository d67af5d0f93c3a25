import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, until } from '../support/stack/client.ts';
import { type RunningStack, startLocal } from '../support/stack/local.ts';

let stack: RunningStack;
let call: ReturnType<typeof clientOf>;

beforeAll(async () => {
  stack = await startLocal();
  call = clientOf(stack);
});
afterAll(() => stack?.stop());

/** Waits until a segment has exactly these members. */
async function members(segment: string, expected: readonly string[]): Promise<void> {
  await until(async () => {
    const { body } = await call(`GET /v1/segments/${segment}/users`);
    const found = body.data.map((user: { properties: { userId: string } }) => user.properties.userId);
    return JSON.stringify(found.sort()) === JSON.stringify(expected);
  });
}

const ready = (segment: string) =>
  until(async () => (await call(`GET /v1/segments/${segment}`)).body.state === 'ready');

const user = (userId: string, properties: object = {}) => ({ properties: { userId, ...properties } });

test('a segment fills, changes and empties as users change', async () => {
  for (const [userId, country] of Object.entries({ ada: 'IN', bob: 'US', cy: 'IN' })) {
    expect((await call('POST /v1/users', user(userId, { country }))).status).toBe(201);
  }
  const made = await call('POST /v1/segments', {
    name: 'In India',
    kind: 'dynamic',
    rule: { field: 'country', op: 'is', value: 'in' },
  });
  expect(made.status).toBe(201);
  const id = String(made.body.id);
  await ready(id);
  await members(id, ['ada', 'cy']);

  // A new user enters, a changed one enters, another leaves, a deleted one is gone.
  await call('POST /v1/users', user('dee', { country: 'IN' }));
  await call('PATCH /v1/users/userId:bob', { properties: { country: 'IN' } });
  await call('PATCH /v1/users/userId:ada', { properties: { country: null } });
  await call('DELETE /v1/users/userId:cy');
  await members(id, ['bob', 'dee']);

  // Another rule: the old members are the members until all users have been asked.
  await call(`PATCH /v1/segments/${id}`, { rule: { field: 'country', op: 'missing' } });
  await ready(id);
  await members(id, ['ada']);
  const { body } = await call(`GET /v1/segments/${id}`);
  expect(body).toMatchObject({ memberCount: 1, kind: 'dynamic' });

  await call('PATCH /v1/users/userId:ada', { properties: { country: 'DE' } });
  await members(id, []);

  expect((await call(`DELETE /v1/segments/${id}`)).status).toBe(204);
  expect((await call(`GET /v1/segments/${id}/users`)).status).toBe(404);
  expect((await call('GET /v1/users/userId:ada')).status).toBe(200);
});

test('a manual segment has the members it is given', async () => {
  for (const userId of ['m1', 'm2', 'm3']) await call('POST /v1/users', user(userId));
  const made = await call('POST /v1/segments', {
    name: 'By hand',
    kind: 'manual',
    members: ['userId:m1', 'userId:no'],
  });
  expect(made.body).toMatchObject({ state: 'ready', notFound: ['userId:no'] });
  const id = String(made.body.id);
  await members(id, ['m1']);
  const added = await call(`POST /v1/segments/${id}/members`, { users: ['userId:m1', 'userId:m2'] });
  expect(added.body).toEqual({ added: 1, alreadyIn: 1, notFound: [] });
  await members(id, ['m1', 'm2']);
  await call(`PUT /v1/segments/${id}/members`, { users: ['userId:m2', 'userId:m3'] });
  await members(id, ['m2', 'm3']);
  const removed = await call(`DELETE /v1/segments/${id}/members`, { users: ['userId:m1', 'userId:m2'] });
  expect(removed.body).toEqual({ removed: 1, notIn: 1, notFound: [] });
  await members(id, ['m3']);
  expect((await call(`DELETE /v1/segments/${id}/members/userId:m3`)).status).toBe(204);
  await members(id, []);
});
