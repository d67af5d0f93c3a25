import { beforeAll, expect, test } from 'vitest';
import { lease } from '../../shared/data/access/rates.ts';
import { startTable } from '../support/table/dynamodb.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');
const rate = { perSecond: 10, burst: 20 };

beforeAll(startTable);

async function granted(key: string, requests: number, now: number): Promise<number> {
  const leases = await Promise.all(Array.from({ length: requests }, () => lease(key, 1, rate, now)));
  return leases.filter((one) => one.granted).length;
}

test('a rested key has its burst at once, and not one request more', async () => {
  expect(await granted('key_a', 30, NOW)).toBe(20);
});

test('a key that used its burst up gets what its rate gives', async () => {
  await granted('key_b', 30, NOW);
  expect(await granted('key_b', 30, NOW + 1_000)).toBe(10);
});

test('a refused request is told how long to wait', async () => {
  await granted('key_c', 30, NOW);
  const refused = await lease('key_c', 5, rate, NOW);
  expect(refused).toEqual({ granted: false, waitFor: 500 });
  expect((await lease('key_c', 5, rate, NOW + 500)).granted).toBe(true);
});
