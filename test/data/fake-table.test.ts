import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchExecuteStatementCommand,
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { JOBS_INDEX } from '../../shared/data/keys.ts';
import type { Attributes } from '../../shared/data/table/client.ts';
import { startTable } from '../support/table/dynamodb.ts';
import { FakeTable } from '../support/table/fake-table.ts';

// biome-ignore lint/suspicious/noExplicitAny: parameters of whichever call is compared.
type Input = any;

/** Calls by name, with parameters in which a table's name does not stand yet. */
const CALLS: Readonly<Record<string, (table: string, input: Input) => { readonly input: object }>> = {
  get: (TableName, input) => new GetCommand({ TableName, ConsistentRead: true, ...input }),
  put: (TableName, input) => new PutCommand({ TableName, ...input }),
  update: (TableName, input) => new UpdateCommand({ TableName, ...input }),
  delete: (TableName, input) => new DeleteCommand({ TableName, ...input }),
  query: (TableName, input) => new QueryCommand({ TableName, ...input }),
  batchGet: (table, Keys) => new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
  batchWrite: (table, requests) => new BatchWriteCommand({ RequestItems: { [table]: requests } }),
  insert: (table, items: Attributes[]) =>
    new BatchExecuteStatementCommand({
      Statements: items.map((item) => ({
        Statement: `INSERT INTO "${table}" VALUE {${Object.keys(item)
          .map((name) => `'${name}': ?`)
          .join(', ')}}`,
        Parameters: Object.values(item),
      })),
    }),
  transact: (TableName, parts: Record<string, object>[]) =>
    new TransactWriteCommand({
      TransactItems: parts.map((part) =>
        Object.fromEntries(Object.entries(part).map(([verb, input]) => [verb, { TableName, ...input }])),
      ),
    }),
};

const nameOf = ({ PK, SK }: Attributes) => `${PK} ${SK}`;
const byKey = (items: Attributes[]) => items.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

/** An answer without what differs between any two tables: names, units, and the order in which a batch is read. */
function answerOf({ $metadata: _, ConsumedCapacity: _units, ...output }: Input, table: string): unknown {
  if (output.Responses?.[table]) return { ...output, Responses: byKey(output.Responses[table]) };
  if (!Array.isArray(output.Responses)) return output;
  return output.Responses.map(({ TableName: _name, Error: error }: Input) => error?.Code ?? 'inserted');
}

const itemOf = (item: Parameters<typeof unmarshall>[0] | undefined) => (item ? unmarshall(item) : null);

function errorOf(error: unknown): unknown {
  if (error instanceof TransactionCanceledException) {
    return { error: error.name, reasons: error.CancellationReasons?.map(({ Code, Item }) => [Code, itemOf(Item)]) };
  }
  if (error instanceof ConditionalCheckFailedException) return { error: error.name, item: itemOf(error.Item) };
  return { error: error instanceof Error ? error.name : error };
}

const CONFIG = { marshallOptions: { removeUndefinedValues: true }, unmarshallOptions: { wrapNumbers: Number } };

type Ask = (name: string, input: Input) => Promise<unknown>;

let fake: Ask;
let real: Ask;

function asking(client: DynamoDBDocumentClient, table: string): Ask {
  const send = client.send.bind(client) as (command: unknown) => Promise<Input>;
  return (name, input) => send(CALLS[name]?.(table, input)).then((output) => answerOf(output, table), errorOf);
}

beforeEach(async () => {
  const { client, table } = await startTable();
  real = asking(DynamoDBDocumentClient.from(client, CONFIG), table);
  fake = asking(DynamoDBDocumentClient.from(new FakeTable().client(), CONFIG), 'fake');
});

/** Makes a call of both tables, whose answers must be the same, and gives the answer. */
async function both(name: string, input: Input): Promise<unknown> {
  const [answer, expected] = [await fake(name, input), await real(name, input)];
  expect(answer, `${name} ${JSON.stringify(input)}`).toEqual(expected);
  return answer;
}

const at = (SK: string, PK = 'P') => ({ PK, SK });
const put = (item: Attributes) => both('put', { Item: item });
const values = (given: Attributes) => ({ ExpressionAttributeValues: given });
const failed = expect.objectContaining({ error: 'ConditionalCheckFailedException' });

describe('the fake table answers as DynamoDB Local does:', () => {
  test('one item, put, read and deleted', async () => {
    const item = {
      ...at('a'),
      text: '',
      n: -1.5e-14,
      yes: false,
      none: null,
      list: [1, 'b', null],
      map: { c: { d: 1 } },
    };
    expect(await both('get', { Key: at('a') })).toEqual({});
    await put({ ...item, absent: undefined, half: { there: 1, absent: undefined } });
    expect(await both('get', { Key: at('a') })).toEqual({ Item: { ...item, half: { there: 1 } } });
    await put({ ...at('a'), only: 'this' });
    await both('delete', { Key: at('a') });
    await both('delete', { Key: at('a') });
    expect(await both('get', { Key: at('a') })).toEqual({});
  });

  test.each<[string, string, Attributes, boolean]>([
    ['a name that is there', 'attribute_exists(n)', {}, true],
    ['a name that is not there', 'attribute_exists(m)', {}, false],
    ['a name that is null', 'attribute_exists(blank)', {}, true],
    ['no name', 'attribute_not_exists(m)', {}, true],
    ['a beginning', 'begins_with(#t, :t)', { ':t': 'te' }, true],
    ['another beginning', 'begins_with(#t, :t)', { ':t': 'xe' }, false],
    ['equal numbers', 'n = :n', { ':n': 5 }, true],
    ['other numbers', 'n <> :n', { ':n': 5 }, false],
    ['less', 'n < :n', { ':n': 6 }, true],
    ['at most', 'n <= :n', { ':n': 5 }, true],
    ['more', 'n > :n', { ':n': 5 }, false],
    ['at least', 'n >= :n', { ':n': 5 }, true],
    ['numbers, not texts of digits', 'n < :n', { ':n': 10 }, true],
    ['texts', '#t < :t', { ':t': 'u' }, true],
    ['null', 'blank = :null', { ':null': null }, true],
    ['a comparison with what is not there', 'm <= :n', { ':n': 5 }, false],
    ['an inequality with what is not there', 'm <> :n', { ':n': 5 }, true],
    ['texts and numbers', '#t = :n', { ':n': 5 }, false],
    ['between', 'n BETWEEN :n AND :m', { ':n': 5, ':m': 7 }, true],
    ['not between', 'n BETWEEN :n AND :m', { ':n': 6, ':m': 7 }, false],
    ['both', 'n = :n AND #t = :t', { ':n': 5, ':t': 'text' }, true],
    ['either', 'n = :n OR #t = :t', { ':n': 4, ':t': 'text' }, true],
    ['AND before OR', 'n = :n OR n = :n AND #t = :t', { ':n': 5, ':t': 'x' }, true],
    ['parentheses', '(n = :n OR n = :n) AND #t = :t', { ':n': 5, ':t': 'x' }, false],
  ])('a condition on %s', async (_, expression, given, isMet) => {
    await put({ ...at('a'), n: 5, text: 'text', blank: null });
    const condition = {
      ConditionExpression: expression,
      ...(Object.keys(given).length > 0 && values(given)),
      ...(expression.includes('#t') && { ExpressionAttributeNames: { '#t': 'text' } }),
    };
    const answer = await both('put', { Item: { ...at('a'), n: 6 }, ...condition });
    expect(answer).toEqual(isMet ? {} : failed);
    await both('get', { Key: at('a') });
    await both('delete', { Key: at('a'), ...condition });
    await both('get', { Key: at('a') });
  });

  test('conditions on an item that does not exist', async () => {
    const isNew = { ConditionExpression: 'attribute_not_exists(PK) OR n <= :n', ...values({ ':n': 1 }) };
    expect(await both('put', { Item: at('a'), ...isNew })).toEqual({});
    expect(await both('put', { Item: at('a'), ...isNew })).toEqual(failed);
    const isThere = { ConditionExpression: 'attribute_exists(PK)' };
    expect(await both('delete', { Key: at('b'), ...isThere })).toEqual(failed);
    expect(await both('update', { Key: at('b'), UpdateExpression: 'REMOVE n', ...isThere })).toEqual(failed);
    await both('get', { Key: at('b') });
  });

  test.each<[string, string, Attributes]>([
    ['a value', 'SET n = :n', { ':n': 7 }],
    ['a value that was not there', 'SET m = :n', { ':n': 7 }],
    ['a sum', 'SET n = n + :n', { ':n': 2 }],
    ['a default', 'SET m = if_not_exists(m, :n) + :n', { ':n': 3 }],
    ['what is there before a default', 'SET n = if_not_exists(n, :n) + :n', { ':n': 3 }],
    ['null before a default', 'SET blank = if_not_exists(blank, :n)', { ':n': 3 }],
    ['several values', 'SET n = :n, m = :m', { ':n': 1, ':m': { a: [1] } }],
    ['a copy', 'SET m = n', {}],
    ['a removal', 'REMOVE n, m', {}],
    ['both', 'SET m = :m REMOVE n', { ':m': 'x' }],
  ])('an update of %s', async (_, UpdateExpression, given) => {
    await put({ ...at('a'), n: 5, blank: null });
    const change = { UpdateExpression, ReturnValues: 'ALL_NEW', ...(Object.keys(given).length > 0 && values(given)) };
    await both('update', { Key: at('a'), ...change });
    await both('get', { Key: at('a') });
  });

  test('an update of an item that does not exist, and one that answers nothing', async () => {
    const change = { UpdateExpression: 'SET n = if_not_exists(n, :n) + :n', ...values({ ':n': 1 }) };
    await both('update', { Key: at('new'), ...change, ReturnValues: 'ALL_NEW' });
    expect(await both('update', { Key: at('new'), ...change })).toEqual({});
    await both('get', { Key: at('new') });
  });

  test('the item for which a condition does not hold, when it is asked for', async () => {
    await put({ ...at('a'), n: 5 });
    const change = { UpdateExpression: 'SET n = :n', ConditionExpression: 'n > :n', ...values({ ':n': 9 }) };
    expect(await both('update', { Key: at('a'), ...change })).toMatchObject({ item: null });
    const asked = { ...change, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    expect(await both('update', { Key: at('a'), ...asked })).toMatchObject({ item: { ...at('a'), n: 5 } });
    expect(await both('update', { Key: at('b'), ...asked })).toMatchObject({ item: null });
  });

  describe('a query', () => {
    const pk = { KeyConditionExpression: 'PK = :pk' };

    beforeEach(async () => {
      const names = ['a', 'b#1', 'b#2', 'B', 'c', 'ä', '~'];
      for (const [n, SK] of names.entries()) await put({ ...at(SK), n });
      await put(at('b#3', 'Q'));
    });

    test.each<[string, object]>([
      ['of a partition', { ...pk, ...values({ ':pk': 'P' }) }],
      ['of an empty partition', { ...pk, ...values({ ':pk': 'X' }) }],
      ['backwards', { ...pk, ...values({ ':pk': 'P' }), ScanIndexForward: false }],
      [
        'of a beginning',
        { KeyConditionExpression: 'PK = :pk AND begins_with(SK, :b)', ...values({ ':pk': 'P', ':b': 'b' }) },
      ],
      ['behind a key', { KeyConditionExpression: 'PK = :pk AND SK > :a', ...values({ ':pk': 'P', ':a': 'b#1' }) }],
      ['before a key', { KeyConditionExpression: 'PK = :pk AND SK < :a', ...values({ ':pk': 'P', ':a': 'b#1' }) }],
      [
        'between keys',
        {
          KeyConditionExpression: 'PK = :pk AND SK BETWEEN :a AND :b',
          ...values({ ':pk': 'P', ':a': ' ', ':b': 'b#2' }),
        },
      ],
      ['that counts', { ...pk, ...values({ ':pk': 'P' }), Select: 'COUNT' }],
      ['with a filter', { ...pk, FilterExpression: 'n >= :n', ...values({ ':pk': 'P', ':n': 3 }), Limit: 4 }],
      [
        'that counts with a filter',
        { ...pk, FilterExpression: 'n >= :n', ...values({ ':pk': 'P', ':n': 3 }), Select: 'COUNT' },
      ],
    ])('%s', async (_, input) => {
      await both('query', input);
    });

    test.each([1, 3, 7, 8])('page by page of %i, in both directions', async (Limit) => {
      for (const ScanIndexForward of [true, false]) {
        let ExclusiveStartKey: Attributes | undefined;
        let pages = 0;
        do {
          const from = ExclusiveStartKey && { ExclusiveStartKey };
          const answer = await both('query', { ...pk, ...values({ ':pk': 'P' }), Limit, ScanIndexForward, ...from });
          ({ LastEvaluatedKey: ExclusiveStartKey } = answer as { LastEvaluatedKey?: Attributes });
          pages += 1;
        } while (ExclusiveStartKey && pages < 10);
        expect(pages).toBeLessThan(10);
      }
    });

    test('of the index, which holds the items that have its keys', async () => {
      const listed = (place: string) => ({ [JOBS_INDEX.partition]: 'JOBS', [JOBS_INDEX.sort]: place });
      for (const [SK, place] of [
        ['x', '3'],
        ['y', '1'],
        ['z', '2'],
      ] as const)
        await put({ ...at(SK), ...listed(place) });
      const input = {
        IndexName: JOBS_INDEX.name,
        KeyConditionExpression: `${JOBS_INDEX.partition} = :jobs AND ${JOBS_INDEX.sort} BETWEEN :from AND :to`,
        ...values({ ':jobs': 'JOBS', ':from': '1', ':to': '9' }),
        ScanIndexForward: false,
        Limit: 2,
      };
      const { LastEvaluatedKey } = (await both('query', input)) as { LastEvaluatedKey: Attributes };
      await both('query', { ...input, ExclusiveStartKey: LastEvaluatedKey });
    });
  });

  test('batches', async () => {
    const items = ['a', 'b', 'c'].map((SK, n) => ({ ...at(SK), n }));
    await both(
      'batchWrite',
      items.map((Item) => ({ PutRequest: { Item } })),
    );
    await both('batchGet', [at('a'), at('c'), at('x')]);
    await both('batchWrite', [{ DeleteRequest: { Key: at('a') } }, { PutRequest: { Item: { ...at('b'), n: 9 } } }]);
    await both('batchGet', [at('a'), at('b'), at('c')]);
    const twice = expect.objectContaining({ error: 'ValidationException' });
    expect(await both('batchGet', [at('a'), at('a')])).toEqual(twice);
    expect(
      await both(
        'batchWrite',
        items.concat(items).map((Item) => ({ PutRequest: { Item } })),
      ),
    ).toEqual(twice);
    expect(
      await both('insert', [
        { ...at('b'), n: 1 },
        { ...at('new'), n: 2 },
      ]),
    ).toEqual(['DuplicateItem', 'inserted']);
    await both('batchGet', [at('b'), at('new')]);
  });

  test('transactions', async () => {
    const isNew = { ConditionExpression: 'attribute_not_exists(PK)', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
    const parts = [
      { Put: { Item: { ...at('a'), n: 1 }, ...isNew } },
      { Update: { Key: at('b'), UpdateExpression: 'SET n = if_not_exists(n, :n) + :n', ...values({ ':n': 1 }) } },
      { ConditionCheck: { Key: at('c'), ConditionExpression: 'attribute_not_exists(PK)' } },
      { Delete: { Key: at('d') } },
    ];
    expect(await both('transact', parts)).toEqual({});
    expect(await both('transact', parts)).toMatchObject({
      reasons: [
        ['ConditionalCheckFailed', { ...at('a'), n: 1 }],
        ['None', null],
        ['None', null],
        ['None', null],
      ],
    });
    await both('batchGet', [at('a'), at('b'), at('c'), at('d')]);
    await both('transact', [
      { Delete: { Key: at('a'), ConditionExpression: 'n = :n', ...values({ ':n': 1 }) } },
      { ConditionCheck: { Key: at('b'), ConditionExpression: 'n > :n', ...values({ ':n': 1 }) } },
    ]);
    await both('transact', [{ Delete: { Key: at('a') } }, { Put: { Item: at('b') } }]);
    await both('batchGet', [at('a'), at('b')]);
    const again = [{ Delete: { Key: at('b') } }, { Put: { Item: at('b') } }];
    expect(await both('transact', again)).toMatchObject({ error: 'ValidationException' });
  });

  test('any sequence of writes and reads of a few items', async () => {
    const keys = fc.constantFrom(at('a'), at('b'), at('c'));
    const conditions = fc.constantFrom<object>(
      {},
      { ConditionExpression: 'attribute_not_exists(PK)' },
      { ConditionExpression: 'attribute_exists(n) AND n <= :limit' },
      { ConditionExpression: 'attribute_not_exists(PK) OR n > :limit' },
    );
    const limited = (input: Input, more: Attributes = {}) => {
      const given = { ...more, ...(JSON.stringify(input).includes(':limit') && { ':limit': 2 }) };
      return { ...input, ...(Object.keys(given).length > 0 && values(given)) };
    };
    const puts = fc
      .record({ key: keys, n: fc.nat(4), condition: conditions })
      .map(({ key, n, condition }) => ['put', limited({ Item: { ...key, n }, ...condition })] as const);
    const updates = fc
      .record({ key: keys, n: fc.nat(4), condition: conditions })
      .map(({ key, n, condition }): [string, Input] => {
        const change = { Key: key, UpdateExpression: 'SET n = if_not_exists(n, :n) + :n', ReturnValues: 'ALL_NEW' };
        return ['update', limited({ ...change, ...condition }, { ':n': n })];
      });
    const deletes = fc
      .record({ key: keys, condition: conditions })
      .map(({ key, condition }) => ['delete', limited({ Key: key, ...condition })] as const);
    const all = { KeyConditionExpression: 'PK = :pk', ...values({ ':pk': 'P' }) };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(puts, updates, deletes), { maxLength: 8 }), async (calls) => {
        for (const [name, input] of calls) await both(name, input);
        await both('query', all);
      }),
      { numRuns: 25 },
    );
  });
});
