import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { lease } from '../../shared/data/access/rates.ts';
import { connect } from '../../shared/data/table/client.ts';
import { startTable } from '../support/table/dynamodb.ts';
import { FakeTable } from '../support/table/fake-table.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');
const rate = { perSecond: 10, burst: 20 };

beforeAll(startTable);
afterEach(() => {
  vi.useRealTimers();
});

async function granted(key: string, requests: number, now: number): Promise<number> {
  const leases = await Promise.all(Array.from({ length: requests }, () => lease(key, 1, rate, () => now)));
  return leases.filter((one) => one.granted).length;
}

test('a rested key has its burst at once, and not one request more', async () => {
  expect(await granted('key_a', 30, NOW)).toBe(20);
});

test('a key that used its burst up gets what its rate gives', async () => {
  await granted('key_b', 30, NOW);
  expect(await granted('key_b', 30, NOW + 1_000)).toBe(10);
});

test('a refused request gets the time to wait', async () => {
  await granted('key_c', 30, NOW);
  const refused = await lease('key_c', 5, rate, () => NOW);
  expect(refused).toEqual({ granted: false, waitFor: 500 });
  expect((await lease('key_c', 5, rate, () => NOW + 500)).granted).toBe(true);
});

/** A table of which every third call comes four seconds late. The clock is faked from now on. */
function openSlowTable(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'Date'], now: NOW });
  const table = new FakeTable();
  let calls = 0;
  table.gate = () => {
    calls += 1;
    return new Promise((resolve) => setTimeout(resolve, calls % 3 === 0 ? 4_000 : 10));
  };
  connect(table.connection(2));
}

test('a rate is not exceeded by waiting: a slow table refuses none of three requests a second', async () => {
  openSlowTable();
  const ask = async (n: number) => {
    await new Promise((resolve) => setTimeout(resolve, (n * 1_000) / 3));
    return lease('key_d', 5, { perSecond: 500, burst: 1_000 }, Date.now);
  };
  const leases = Promise.all(Array.from({ length: 30 }, (_, n) => ask(n)));
  await vi.runAllTimersAsync();
  expect((await leases).filter((one) => !one.granted)).toEqual([]);
});

test('a rate cannot be exceeded while the table is slow', async () => {
  openSlowTable();
  const leases = Promise.all(Array.from({ length: 60 }, () => lease('key_e', 1, rate, Date.now)));
  await vi.runAllTimersAsync();
  const count = (await leases).filter((one) => one.granted).length;
  const seconds = (Date.now() - NOW) / 1_000;
  expect(count).toBeGreaterThanOrEqual(rate.burst);
  expect(count).toBeLessThanOrEqual(rate.burst + seconds * rate.perSecond);
});
