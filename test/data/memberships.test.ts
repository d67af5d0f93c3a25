import { beforeAll, expect, test } from 'vitest';
import * as edges from '../../shared/data/segments/edges.ts';
import { ofUser, write } from '../../shared/data/segments/memberships.ts';
import { ulid } from '../../shared/domain/id.ts';
import { startTable } from '../support/table/dynamodb.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');

beforeAll(startTable);

/** The names of so many memberships, as long as real ones are. */
const names = (count: number) =>
  Array.from({ length: count }, (_, n) => `seg_${ulid(NOW, new Uint8Array(10).fill(n % 256))}${n}#1`);

test('a new user who enters hundreds of segments at once is in all of them, and all of them are noted', async () => {
  const entered = names(400);
  await write([{ user: 'U1', revision: 1, at: NOW, born: true, entered, left: [] }]);
  expect(Object.keys(await ofUser('U1')).sort()).toEqual([...entered].sort());
  expect((await edges.ofUser('U1', entered)).length).toBe(entered.length);
});
