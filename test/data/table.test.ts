import { beforeEach, describe, expect, test, vi } from 'vitest';
import { currentEvaluator } from '../../shared/app/segments/definitions.ts';
import { key } from '../../shared/data/keys.ts';
import * as schemas from '../../shared/data/schema.ts';
import { connect, perTable } from '../../shared/data/table/client.ts';
import { stamped } from '../../shared/data/table/items.ts';
import { get, put, remove, update } from '../../shared/data/table/operations.ts';
import { Busy } from '../../shared/data/table/retrying.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { define, INDIA, locale } from '../support/segments/segment-bench.ts';
import { startTable } from '../support/table/dynamodb.ts';
import { FakeTable } from '../support/table/fake-table.ts';
import { intercept } from '../support/table/intercept.ts';
import { conflict } from '../support/table/refusals.ts';

vi.mock('../../shared/data/table/back-off.ts', () => ({ backOff: async () => {} }));

const KEY = { PK: 'ITEM', SK: 'ITEM' };
const NOW = Date.parse('2026-01-31T09:30:00.000Z');

describe('one item', () => {
  let refusals = 0;

  beforeEach(async () => {
    refusals = 0;
    const { client } = await startTable();
    intercept(client, async ({ name, input }, send) => {
      if (name === 'GetItem' || refusals === 0) return send(input);
      refusals -= 1;
      throw conflict();
    });
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

  test('a write that meets transactions for too long gives up, and says so', async () => {
    refusals = Number.POSITIVE_INFINITY;
    await expect(put({ ...KEY, n: 1 })).rejects.toThrow(Busy);
  });

  test('under a key that no item can have, nothing is found', async () => {
    for (const id of ['', 'x'.repeat(1_025), 'ä'.repeat(513)]) expect(await get({ PK: 'ITEM', SK: id })).toBeNull();
    expect(await get({ PK: 'x'.repeat(2_049), SK: 'ITEM' })).toBeNull();
  });

  test('what is undefined is left out, and values come back as they were written', async () => {
    const values = { text: '', n: -1.5e-14, yes: true, none: null, list: ['a', 1, null], map: { deep: { a: 1 } } };
    await put({ ...KEY, ...values, absent: undefined, half: { there: 1, absent: undefined } });
    expect(await get(KEY)).toEqual({ ...KEY, ...values, half: { there: 1 } });
  });
});

describe('no cache outlives its connection', () => {
  const open = () => connect(new FakeTable().connection(2));

  test('a value that belongs to the table is made anew for another connection', () => {
    const made = perTable(() => ({ n: 0 }));
    open();
    made().n = 1;
    expect(made()).toEqual({ n: 1 });
    open();
    expect(made()).toEqual({ n: 0 });
  });

  test('the schema of another table is read', async () => {
    open();
    const seats = stamped('property', customProperty('seats', 'number'));
    await put({ ...seats, ...key.property('user', 'seats') });
    expect([...(await schemas.current('user', NOW)).properties.keys()]).toContain('seats');
    open();
    expect([...(await schemas.current('user', NOW)).properties.keys()]).not.toContain('seats');
  });

  test('the definitions of another table are read', async () => {
    open();
    await define(INDIA);
    expect((await currentEvaluator(locale, NOW)).evaluator.names.size).toBe(1);
    open();
    // The same version of the definitions, with none in it.
    const version = { version: 1, recent: [] };
    await put({ ...stamped('version', version), ...key.segmentsVersion() });
    expect((await currentEvaluator(locale, NOW)).evaluator.names.size).toBe(0);
  });
});
