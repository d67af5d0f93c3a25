import { beforeAll, expect, test, vi } from 'vitest';
import { handler as create } from '../../functions/users/create.ts';
import { handler as list } from '../../functions/users/list.ts';
import { key as keyOf } from '../../shared/data/keys.ts';
import { update } from '../../shared/data/table/operations.ts';
import { log } from '../../shared/runtime/log.ts';
import { keyWith, send, startDeployment } from '../support/deployment/deployment.ts';

let key: string;

beforeAll(async () => {
  await startDeployment();
  key = await keyWith('users:read', 'users:write');
});

test('a stored user that does not parse is left out of the list, and the log names its entity alone', async () => {
  const ids: string[] = [];
  for (const name of ['ada', 'eve']) {
    const body = { properties: { email: `${name}@example.com` } };
    ids.push(String((await send(create, 'POST /v1/users', { key, body })).body.id));
  }
  const spoiled = { expression: 'SET #status = :status', names: { '#status': 'status' }, values: { ':status': 'ada' } };
  await update(keyOf.user(ids[0] ?? '', 16), spoiled);
  const error = vi.spyOn(log, 'error');
  const got = await send(list, 'GET /v1/users', { key });
  expect(got).toMatchObject({ status: 200, body: { data: [{ id: ids[1] }], nextCursor: null } });
  expect(error.mock.calls).toEqual([
    ['stored item cannot be read', { entity: 'user', error: expect.stringContaining('Error'), at: expect.any(String) }],
  ]);
  expect(JSON.stringify(error.mock.calls)).not.toContain('ada');
});
