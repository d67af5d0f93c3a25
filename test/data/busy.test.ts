import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { getMany, insertMany, insertOf, writeMany } from '../../shared/data/table/batches.ts';
import { type Connection, connect } from '../../shared/data/table/client.ts';
import { isOutage } from '../../shared/data/table/outage.ts';
import { transact } from '../../shared/data/table/transactions.ts';
import { startTable } from '../support/table/dynamodb.ts';

/** A command of the SDK, as far as a table that is busy looks into it. */
type Command = {
  readonly constructor: { readonly name: string };
  readonly input: { RequestItems?: Record<string, unknown>; Statements?: unknown[] };
};
type Answer = { UnprocessedItems?: unknown; UnprocessedKeys?: unknown; Responses?: unknown[] };

const CLASH = Object.assign(new Error(), {
  name: 'TransactionCanceledException',
  CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }],
});
const THROTTLED = { Error: { Code: 'ThrottlingError' } };

const item = (n: number) => ({ PK: `ITEM#${n}`, SK: 'ITEM', n });
const items = Array.from({ length: 60 }, (_, n) => item(n));
const keys = items.map(({ PK, SK }) => ({ PK, SK }));

let table: Connection;
/** How many calls the table is too busy to do more than a half of. */
let busy = 0;

/** Does the first half of a call, and says what it left. */
async function half(command: Command, send: (command: Command) => Promise<Answer>): Promise<Answer> {
  const { input } = command;
  const name = command.constructor.name;
  if (name === 'TransactWriteItemsCommand') throw CLASH;
  if (input.Statements) {
    const [done, left] = halves(input.Statements);
    input.Statements = done;
    const { Responses = [] } = await send(command);
    return { Responses: [...Responses, ...left.map(() => THROTTLED)] };
  }
  const { [table.table]: asked } = input.RequestItems ?? {};
  if (name === 'BatchGetItemCommand') {
    const { Keys, ...how } = asked as { Keys: unknown[] };
    const [done, left] = halves(Keys);
    input.RequestItems = { [table.table]: { ...how, Keys: done } };
    return {
      ...(await send(command)),
      UnprocessedKeys: left.length > 0 ? { [table.table]: { ...how, Keys: left } } : {},
    };
  }
  const [done, left] = halves(asked as unknown[]);
  input.RequestItems = { [table.table]: done };
  return { ...(await send(command)), UnprocessedItems: left.length > 0 ? { [table.table]: left } : {} };
}

function halves<T>(list: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(list.length / 2);
  return [list.slice(0, middle), list.slice(middle)];
}

beforeEach(async () => {
  table = await startTable();
  const inner = (command: Command) => table.client.send(command as never) as Promise<Answer>;
  const send = async (command: Command) => {
    if (busy === 0) return inner(command);
    busy -= 1;
    return half(command, inner);
  };
  connect({ ...table, client: { send } as unknown as DynamoDBClient });
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
    const outcomes = await insertMany(items.map(insertOf));
    expect(outcomes.map(({ inserted }) => inserted)).toEqual(all.map((n) => n !== 3));
    expect(await stored()).toEqual(all);
  });

  test('is given again a transaction that clashed with another', async () => {
    busy = 2;
    expect(await transact([{ put: item(1) }, { put: item(2) }])).toEqual({ done: true });
    expect(await stored()).toEqual([1, 2]);
  });
});

describe('a table that stays busy is out of reach: whoever asked may come again', () => {
  beforeEach(() => {
    const send = async (command: Command) => {
      if (command.constructor.name === 'TransactWriteItemsCommand') throw CLASH;
      return { UnprocessedItems: command.input.RequestItems };
    };
    connect({ ...table, client: { send } as unknown as DynamoDBClient });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a batch', () => writeMany(items)],
    ['a transaction', () => transact([{ put: item(1) }])],
  ])('%s', async (_, write) => {
    const error = write().catch((thrown: unknown) => thrown);
    await vi.runAllTimersAsync();
    expect(isOutage(await error)).toBe(true);
  });
});
