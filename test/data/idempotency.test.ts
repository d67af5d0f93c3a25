import { beforeAll, expect, test } from 'vitest';
import { begin, finish, forget } from '../../shared/data/access/idempotency.ts';
import { key } from '../../shared/data/keys.ts';
import { get } from '../../shared/data/table/operations.ts';
import { startTable } from '../support/table/dynamodb.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');

beforeAll(async () => {
  await startTable();
});

test('a call that ended is replayed with its result, and refused for another body', async () => {
  const done = { status: 200, id: null, numbers: [1, 0, 3] };
  expect(await begin('ended', 'body', NOW)).toEqual({ kind: 'run', startedAt: NOW });
  await finish('ended', done);
  expect(await begin('ended', 'body', NOW + 1)).toEqual({ kind: 'replay', done });
  expect(await begin('ended', 'another', NOW + 1)).toEqual({ kind: 'mismatch' });
});

test('a call that is forgotten before it ends leaves nothing behind', async () => {
  await begin('forgotten', 'body', NOW);
  await forget('forgotten');
  await finish('forgotten', { status: 200, id: null });
  expect(await get(key.idempotency('forgotten'))).toBeNull();
});
