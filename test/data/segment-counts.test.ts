import { beforeEach, describe, expect, test } from 'vitest';
import { countsOf, lifeOf } from '../../shared/app/segments/counts.ts';
import { type Counted, keep, takeLock } from '../../shared/data/segments/counts.ts';
import type { Connection } from '../../shared/data/table/client.ts';
import { ALL_USERS_SEGMENT } from '../../shared/domain/segments/definition.ts';
import { born, NOW } from '../support/segments/segment-bench.ts';
import { startTable } from '../support/table/dynamodb.ts';

let table: Connection;
/** The number of partitions that were counted. */
let counting: number;

beforeEach(async () => {
  table = await startTable();
  counting = 0;
  table.client.middlewareStack.add(
    (next) => (args) => {
      if (Reflect.get(args.input, 'Select') === 'COUNT') counting += 1;
      return next(args);
    },
    { step: 'initialize', name: 'counting' },
  );
});

const asked = async (now: number) => (await countsOf([ALL_USERS_SEGMENT], now)).get('all');
const known = (count: number): Counted => ({ count, at: NOW, ruleVersion: ALL_USERS_SEGMENT.live });

describe('the count of all users', () => {
  test('is exact, and counted again when its life is over', async () => {
    await born({});
    expect(await asked(NOW)).toEqual(known(1));
    await born({});
    expect(await asked(NOW + 500)).toEqual(known(1));
    expect(await asked(NOW + 2_000)).toEqual({ ...known(2), at: NOW + 2_000 });
  });

  test.each([
    [100_000, 60_000],
    [100_001, 3_600_000],
  ])('of %i is at most %i ms old', async (count, age) => {
    expect(lifeOf(count)).toBe(age);
    await keep('all', known(count));
    expect(await asked(NOW + age * 0.79)).toEqual(known(count));
    expect(await asked(NOW + age)).toMatchObject({ count: 0, at: NOW + age });
  });

  test('is made once for all who ask at once, the first one too', async () => {
    await born({});
    const first = await Promise.all(Array.from({ length: 6 }, () => asked(NOW)));
    expect(first).toEqual(Array.from({ length: 6 }, () => known(1)));
    expect(counting).toBe(table.shards);
    const later = await Promise.all(Array.from({ length: 6 }, () => asked(NOW + 120_000)));
    expect(later.map((one) => one?.at)).toEqual(Array.from({ length: 6 }, () => NOW + 120_000));
    expect(counting).toBe(2 * table.shards);
  });

  test('is served within its life while another caller counts', async () => {
    await keep('all', known(100_000));
    expect(await takeLock('all', known(100_000), NOW + 50_000)).toBe(true);
    expect(await asked(NOW + 59_999)).toEqual(known(100_000));
    expect(counting).toBe(0);
  });

  test('is made by the next caller when the one with the lock died', async () => {
    expect(await takeLock('all', null, NOW)).toBe(true);
    expect(await takeLock('all', null, NOW + 29_999)).toBe(false);
    expect(await asked(NOW + 30_000)).toEqual({ ...known(0), at: NOW + 30_000 });
  });

  test('is not made again by a caller who read the one before', async () => {
    await keep('all', { ...known(7), at: NOW + 10 });
    expect(await takeLock('all', known(7), NOW + 20)).toBe(false);
  });
});
