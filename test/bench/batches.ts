import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { getMany, insertMany, insertOf, writeMany } from '../../shared/data/table/batches.ts';
import { connect } from '../../shared/data/table/client.ts';
import { inPartition, page } from '../../shared/data/table/query.ts';
import { plainItem, storedItem, storedValue } from './own-marshalling.ts';
import type { BenchRow } from './row.ts';

/** Items of one call: a page of a shard, a batch that is read, a batch that is written. */
const PAGE = 1_700;
const READ = 100;
const WRITTEN = 25;

const TURNS = 20;
const TURN_MS = 100;

const NOW = '2026-01-31T09:30:00.000Z';
const STRINGS = { PK: 'USERS#1', status: 'active', signedUpAt: NOW, createdAt: NOW, updatedAt: NOW, source: 'csv' };

/** An item as large as that of a user mostly is. */
const item = (n: number) => ({
  ...STRINGS,
  SK: `01KDVDNA00TFX3SY34RZQ${String(n).padStart(5, '0')}`,
  properties: {
    userId: `crm-${n}`,
    email: `person.${n}@example.com`,
    phone: '+14155550101',
    firstName: 'Ada',
    lastName: 'Lovelace',
    country: 'US',
    city: 'Paris',
    plan: 'pro',
    seats: n,
    renewsOn: '2026-12-31',
    emailOptin: true,
  },
  tags: ['vip', 'beta'],
  version: 1,
  revision: 1,
  entity: 'user',
  format: 1,
});

const items = Array.from({ length: PAGE }, (_, n) => item(n));
const few = items.slice(0, WRITTEN);
const keys = items.slice(0, READ).map(({ PK, SK }) => ({ PK, SK }));

/** Answers each operation at once with what a table would answer, so that nothing but the client's own work is left. */
function clientWithoutNetwork(): DynamoDBClient {
  const stored = items.map(storedItem);
  const answers: Record<string, object> = {
    Query: { Items: stored, Count: PAGE },
    BatchGetItem: { Responses: { roster: stored.slice(0, READ) } },
    BatchWriteItem: { UnprocessedItems: {} },
    BatchExecuteStatement: { Responses: few.map(() => ({ TableName: 'roster' })) },
  };
  const bodies = new Map(Object.entries(answers).map(([name, answer]) => [name, Buffer.from(JSON.stringify(answer))]));
  const handle = async ({ headers }: { headers: Record<string, string> }) => {
    const [, name = ''] = (headers['x-amz-target'] ?? '').split('.');
    return { response: { statusCode: 200, headers: {}, body: bodies.get(name) } };
  };
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: 'http://table',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: { handle } as never,
  });
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Items a second of processor time. */
async function rate(call: () => Promise<unknown>, count: number): Promise<number> {
  const began = cpu();
  let done = 0;
  while (cpu() - began < TURN_MS) {
    await call();
    done += count;
  }
  return (done * 1_000) / (cpu() - began);
}

/** The document client on whole batches, beside the raw client with marshalling made for Roster's items. */
export async function run(): Promise<BenchRow[]> {
  const client = clientWithoutNetwork();
  connect({ client, table: 'roster', secret: 'secret', shards: 16, onUnreadable: () => {} });
  const cases: readonly [string, number, () => Promise<unknown>, () => Promise<unknown>][] = [
    [
      'page of a shard read',
      PAGE,
      () => page({ key: inPartition('USERS#1') }),
      async () => {
        const values = { ':pk': { S: 'USERS#1' } };
        const query = { KeyConditionExpression: 'PK = :pk', ExpressionAttributeValues: values };
        const { Items = [] } = await client.send(new QueryCommand({ TableName: 'roster', ...query }));
        return Items.map(plainItem);
      },
    ],
    [
      'batch read',
      READ,
      () => getMany(keys),
      async () => {
        const Keys = keys.map(({ PK, SK }) => ({ PK: { S: PK }, SK: { S: SK } }));
        const { Responses = {} } = await client.send(new BatchGetItemCommand({ RequestItems: { roster: { Keys } } }));
        return Responses.roster?.map(plainItem);
      },
    ],
    [
      'batch written',
      WRITTEN,
      () => writeMany(few),
      () => {
        const puts = few.map((one) => ({ PutRequest: { Item: storedItem(one) } }));
        return client.send(new BatchWriteItemCommand({ RequestItems: { roster: puts } }));
      },
    ],
    [
      'batch inserted',
      WRITTEN,
      () => insertMany(few.map(insertOf)),
      () => {
        const Statements = few.map((one) => ({
          Statement: insertOf(one).Statement,
          Parameters: Object.values(one).map(storedValue),
        }));
        return client.send(new BatchExecuteStatementCommand({ Statements }));
      },
    ],
  ];
  const rows: BenchRow[] = [];
  for (const [what, count, own, raw] of cases) {
    const best = { own: 0, raw: 0 };
    for (let turn = 0; turn < TURNS; turn += 1) {
      best.own = Math.max(best.own, await rate(own, count));
      best.raw = Math.max(best.raw, await rate(raw, count));
    }
    const beside = [{ name: 'the raw client', value: best.raw }];
    const row = { what: `document client: ${what}`, value: best.own, unit: 'items/s/core', beside };
    rows.push({ ...row, ratio: best.own / best.raw, goal: '≥ 0.5 × the raw client' });
  }
  return rows;
}
