import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { type Route, routes } from '../../infra/routes.ts';
import { KeyScope } from '../../shared/domain/keys/api-key.ts';
import type { Action } from '../../shared/runtime/action.ts';
import { keyWith, send, startDeployment } from '../support/deployment/deployment.ts';

const functions = join(import.meta.dirname, '../../functions');
const all = Object.entries<Route>(routes).filter(([route]) => route.startsWith('GET ') || !route.startsWith('$'));
const params = { ref: 'userId:nobody', id: 'none', key: 'none', token: 'none' };

const actions = new Map<string, Action>();
for (const [route, { run }] of all) {
  const file = join(functions, `${run}.ts`);
  if (existsSync(file)) actions.set(route, (await import(file)).handler);
}

const actionOf = (route: string): Action => {
  const found = actions.get(route);
  if (!found) throw new Error(`${route} has no function`);
  return found;
};
const scopesOf = ({ contract }: Action): readonly KeyScope[] => {
  if (contract.scope === 'public') return [];
  return typeof contract.scope === 'string' ? [contract.scope] : contract.scope;
};

const names = all.map(([route]) => route);
const guarded = names.filter((route) => actionOf(route).contract.scope !== 'public');
const withBody = guarded.filter((route) => actionOf(route).contract.body);

let owner: string;
beforeAll(async () => {
  await startDeployment({
    BUCKET: 'roster',
    IMPORT_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:import',
    EXPORT_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:export',
    SEGMENT_WALK_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:segment-walk',
  });
  owner = await keyWith('owner');
});

test.each(names)('%s reads every parameter of its path, and no other', (route) => {
  const { path } = actionOf(route).contract;
  const read = path instanceof z.ZodMiniObject ? Object.keys(path.shape) : [];
  expect(read).toEqual([...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
});

test.each(names)('%s is public in routes.ts where its contract says so', (route) => {
  const { table, public: isPublic = false } = Object.fromEntries(all)[route] ?? {};
  if (table !== undefined) expect(isPublic).toBe(actionOf(route).contract.scope === 'public');
});

const ask = (route: string, sent: Parameters<typeof send>[2] = {}) =>
  send(actionOf(route), route, { key: owner, params, ...sent });

describe.each(guarded)('%s', (route) => {
  test('without a key is a 401, whatever else is wrong', async () => {
    const got = await ask(route, { key: null, query: 'nonsense=1', body: '{' });
    expect([got.status, got.body.code, got.headers['www-authenticate']]).toEqual([401, 'unauthenticated', 'Bearer']);
  });

  test('with a key that lacks its scope is a 403, whatever else is wrong', async () => {
    const opening = scopesOf(actionOf(route));
    const others = KeyScope.options.filter((scope) => scope !== 'owner' && !opening.includes(scope));
    const got = await ask(route, { key: await keyWith(...others), query: 'nonsense=1', body: '{' });
    expect([got.status, got.body.code]).toEqual([403, 'missingScope']);
  });

  test('refuses a query parameter that it does not know', async () => {
    const body = actionOf(route).contract.body ? {} : undefined;
    const got = await ask(route, { query: 'nonsense=1', body });
    expect(got.status).toBe(400);
    expect(got.body.errors).toContainEqual({ parameter: 'nonsense', code: 'unknownKey', detail: expect.any(String) });
  });
});

describe.each(withBody)('the body of %s', (route) => {
  test('may not be too large, of another type, or malformed', async () => {
    const outcomes = [
      await ask(route, { body: `{"x":"${'x'.repeat(1_100_000)}"}` }),
      await ask(route, { body: '{}', headers: { 'content-type': 'text/plain' } }),
      await ask(route, { body: '{"x":' }),
    ].map(({ status, body }) => [status, body.code]);
    expect(outcomes).toEqual([
      [413, 'tooLarge'],
      [415, 'unsupportedMediaType'],
      [400, 'malformedJson'],
    ]);
  });

  test('may not hold a forbidden name', async () => {
    const got = await ask(route, { body: '{"constructor":{}}' });
    expect(got.status).toBe(400);
    expect(got.body.errors).toContainEqual({
      pointer: '/constructor',
      code: 'forbiddenName',
      detail: expect.any(String),
    });
  });

  test('refuses keys that it does not know, with a pointer', async () => {
    const got = await ask(route, { body: { 'no/such~key': 1 } });
    expect(got.status).toBe(400);
    expect(got.body.errors).toContainEqual({
      pointer: '/no~1such~0key',
      code: 'unknownKey',
      detail: expect.any(String),
    });
  });

  test.each([null, [], 'text', 5, true])('refuses %j, and says so in a problem', async (body) => {
    const got = await ask(route, { body: JSON.stringify(body) });
    expect(got.status).toBe(400);
    expect(got.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(got.body).toMatchObject({ status: 400, type: expect.stringMatching(/^urn:roster:problem:/) });
  });
});

test('every answer carries its request id, and a problem repeats it', async () => {
  const got = await ask('GET /v1/users/{ref}');
  expect([got.status, got.headers['x-request-id'], got.body.instance]).toEqual([
    404,
    'req-1',
    'urn:roster:request:req-1',
  ]);
});
