import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { getMany, insertMany, insertOf, writeMany } from '../../shared/data/table/batches.ts';
import { type Connection, connect } from '../../shared/data/table/client.ts';
import { isOutage } from '../../shared/data/table/outage.ts';
import { putPart, transact } from '../../shared/data/table/transactions.ts';
import { startTable } from '../support/table/dynamodb.ts';
import { type Call, intercept } from '../support/table/intercept.ts';
import { clash } from '../support/table/refusals.ts';

const THROTTLED = { Error: { Code: 'ThrottlingError' } };

const item = (n: number) => ({ PK: `ITEM#${n}`, SK: 'ITEM', n });
const items = Array.from({ length: 60 }, (_, n) => item(n));
const keys = items.map(({ PK, SK }) => ({ PK, SK }));

let table: Connection;
/** The number of calls of which the table processes only one half. */
let busy = 0;

type Send = (input: Call['input']) => Promise<Call['input']>;

/** Processes the first half of a call, and leaves the other half unprocessed. */
async function half({ name, input }: Call, send: Send) {
  if (name === 'TransactWriteItems') throw clash();
  if (input.Statements) {
    const [done, left] = halves(input.Statements);
    const { Responses = [] } = await send({ ...input, Statements: done });
    return { Responses: [...Responses, ...left.map(() => THROTTLED)] };
  }
  const { [table.table]: asked } = input.RequestItems;
  if (name === 'BatchGetItem') {
    const [done, left] = halves<unknown>(asked.Keys);
    const answer = await send({ RequestItems: { [table.table]: { ...asked, Keys: done } } });
    return { ...answer, UnprocessedKeys: left.length > 0 ? { [table.table]: { ...asked, Keys: left } } : {} };
  }
  const [done, left] = halves<unknown>(asked);
  const answer = await send({ RequestItems: { [table.table]: done } });
  return { ...answer, UnprocessedItems: left.length > 0 ? { [table.table]: left } : {} };
}

function halves<T>(list: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)];
}

beforeEach(async () => {
  table = await startTable();
  intercept(table.client, async (call, send) => {
    if (busy === 0) return send(call.input);
    busy -= 1;
    return half(call, send);
  });
});
afterEach(() => {
  busy = 0;
});

const stored = async () =>
  (await getMany(keys, { consistent: true })).map(({ n }) => Number(n)).toSorted((a, b) => a - b);
const all = items.map(({ n }) => n);

describe('a table that is busy', () => {
  test('is asked again for the keys that it left unprocessed', async () => {
    await writeMany(items);
    busy = 3;
    expect(await stored()).toEqual(all);
  });

  test('is given again the items that it left unprocessed', async () => {
    busy = 4;
    await writeMany(items);
    expect(await stored()).toEqual(all);
    busy = 4;
    await writeMany([], keys);
    expect(await stored()).toEqual([]);
  });

  test('is given again the inserts that it throttled, and each keeps its place in the answer', async () => {
    await writeMany([item(3)]);
    busy = 4;
    expect(await insertMany(items.map(insertOf))).toEqual(all.map((n) => n !== 3));
    expect(await stored()).toEqual(all);
  });

  test('is given again a transaction that clashed with another', async () => {
    busy = 2;
    expect(await transact([putPart(item(1)), putPart(item(2))])).toEqual({ done: true });
    expect(await stored()).toEqual([1, 2]);
  });
});

describe('a table that stays busy is an outage, after which the caller may retry', () => {
  beforeEach(() => {
    intercept(table.client, async ({ name, input }) => {
      if (name === 'TransactWriteItems') throw clash();
      return { UnprocessedItems: input.RequestItems };
    });
    connect(table);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a batch', () => writeMany(items)],
    ['a transaction', () => transact([putPart(item(1))])],
  ])('%s', async (_, write) => {
    const error = write().catch((thrown: unknown) => thrown);
    await vi.runAllTimersAsync();
    expect(isOutage(await error)).toBe(true);
  });
});

test('a transaction that is not valid is no clash, and is not sent again', async () => {
  let sent = 0;
  intercept(table.client, async () => {
    sent += 1;
    throw clash('ValidationError');
  });
  await expect(transact([putPart(item(1))])).rejects.toThrow('cancelled');
  expect(sent).toBe(1);
});

test('after a call that failed, no other call of the batch begins', async () => {
  let sent = 0;
  intercept(table.client, async () => {
    sent += 1;
    throw new Error('refused');
  });
  const many = Array.from({ length: 5_000 }, (_, n) => ({ PK: `ITEM#${n}`, SK: 'ITEM' }));
  await expect(getMany(many)).rejects.toThrow('refused');
  await new Promise((resolve) => setImmediate(resolve));
  // Eight were under way when the first failed, of fifty.
  expect(sent).toBeLessThanOrEqual(8);
});
