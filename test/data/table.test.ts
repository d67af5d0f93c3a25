import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { beforeEach, expect, test, vi } from 'vitest';
import { connect, get, put, remove, update } from '../../shared/data/table/client.ts';
import { startTable } from '../support/table/dynamodb.ts';

vi.mock('../../shared/data/table/retrying.ts', () => ({ pause: async () => {} }));

const KEY = { PK: 'ITEM', SK: 'ITEM' };
let refusals = 0;

/** What DynamoDB says to a write whose item stands in a transaction at that moment; DynamoDB Local never says it. */
class TransactionConflictException extends Error {
  override readonly name = 'TransactionConflictException';
  readonly $fault = 'client';
}

beforeEach(async () => {
  refusals = 0;
  const connection = await startTable();
  const send = async (command: Parameters<DynamoDBClient['send']>[0]) => {
    if (command.constructor.name !== 'GetItemCommand' && refusals > 0) {
      refusals -= 1;
      throw new TransactionConflictException();
    }
    return connection.client.send(command);
  };
  // The one method of the client that the data room calls.
  connect({ ...connection, client: { send } as unknown as DynamoDBClient });
});

test('a write that meets a transaction on its item is tried again', async () => {
  refusals = 2;
  expect(await put({ ...KEY, n: 1 }, { expression: 'attribute_not_exists(PK)' })).toBe(true);
  expect(await get(KEY)).toMatchObject({ n: 1 });
  refusals = 2;
  expect(await update(KEY, { expression: 'SET n = n + :one', values: { ':one': 1 } })).toMatchObject({ n: 2 });
  refusals = 2;
  expect(await remove(KEY, { expression: 'n = :two', values: { ':two': 2 } })).toBe(true);
  expect(await get(KEY)).toBeNull();
});

test('under a key that no item can have, nothing is found', async () => {
  for (const id of ['', 'x'.repeat(1_025), 'ä'.repeat(513)]) expect(await get({ PK: 'ITEM', SK: id })).toBeNull();
  expect(await get({ PK: 'x'.repeat(2_049), SK: 'ITEM' })).toBeNull();
});

test('a write that meets transactions for too long gives up, and says so', async () => {
  refusals = Number.POSITIVE_INFINITY;
  await expect(put({ ...KEY, n: 1 })).rejects.toThrow(TransactionConflictException);
});
