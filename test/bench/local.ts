import { BatchWriteItemCommand, CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import papaparse from 'papaparse';
import { userFile } from '../support/jobs/sample-files.ts';
import { type RunningStack, startLocal } from '../support/stack/local.ts';
import type { BenchRow } from './row.ts';

const ROWS = 100_000;
const DEADLINE = 30 * 60_000;

async function call(
  stack: RunningStack,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(stack.api + path, {
    method,
    headers: {
      authorization: `Bearer ${stack.key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json() as Promise<Record<string, unknown>>;
}

/** Polls until there is an answer, and returns it with the seconds that this took. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<{ answer: T; seconds: number }> {
  const began = performance.now();
  while (performance.now() - began < DEADLINE) {
    const answer = await ask();
    if (answer !== undefined) return { answer, seconds: (performance.now() - began) / 1000 };
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('the benchmark did not come to its end in half an hour');
}

type Log = { data: { status: string; counts: { imported: number } }[] };
const ENDED = new Set(['succeeded', 'partially-succeeded', 'failed', 'cancelled']);

async function imported(stack: RunningStack): Promise<number | undefined> {
  const [job] = ((await call(stack, 'GET', '/v1/logs?type=csv-import')) as Log).data;
  return job && ENDED.has(job.status) ? job.counts.imported : undefined;
}

async function memberCount(stack: RunningStack, segment: unknown): Promise<number> {
  const { memberCount: count } = await call(stack, 'GET', `/v1/segments/${segment}`);
  return Number(count ?? -1);
}

/** The least time: the same rows as items, written by BatchWriteItem alone into an empty table of the same server. */
async function writtenAlone(stack: RunningStack, bytes: Buffer): Promise<number> {
  const client = new DynamoDBClient({
    endpoint: stack.dynamodb.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const strings = ['PK', 'SK'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));
  await client.send(
    new CreateTableCommand({
      TableName: 'floor',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: strings,
      KeySchema: [
        { AttributeName: 'PK', KeyType: 'HASH' },
        { AttributeName: 'SK', KeyType: 'RANGE' },
      ],
    }),
  );
  const rows = papaparse.parse<Record<string, string>>(bytes.toString('utf8'), {
    header: true,
    skipEmptyLines: true,
  }).data;
  const chunks = Array.from({ length: Math.ceil(rows.length / 25) }, (_, n) => rows.slice(n * 25, n * 25 + 25));
  const began = performance.now();
  const worker = async () => {
    for (let chunk = chunks.pop(); chunk; chunk = chunks.pop()) {
      const floor = chunk.map((row) => ({
        PutRequest: { Item: marshall({ PK: `U${row.userId?.at(-1)}`, SK: row.userId, ...row }) },
      }));
      await client.send(new BatchWriteItemCommand({ RequestItems: { floor } }));
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return rows.length / ((performance.now() - began) / 1000);
}

/** 100,000 rows dropped into the local stack: the rate at which they become users, and the time until a segment has them. */
export async function run(): Promise<BenchRow[]> {
  const stack = await startLocal({ memory: true, args: ['--quiet'] });
  try {
    const bytes = userFile(ROWS);
    const floor = await writtenAlone(stack, bytes);
    const rule = { field: 'plan', op: 'is', value: 'pro' };
    await call(stack, 'POST', '/v1/properties', { key: 'plan', type: 'text' });
    const segment = await call(stack, 'POST', '/v1/segments', { name: 'Pro', kind: 'dynamic', rule });
    await stack.bucket.send(new PutObjectCommand({ Bucket: stack.s3.bucket, Key: 'imports/bench.csv', Body: bytes }));
    const done = await until(() => imported(stack));
    if (done.answer !== ROWS) throw new Error(`${done.answer} of ${ROWS} rows were imported`);
    const { count } = (await call(stack, 'POST', '/v1/segments/preview', { rule })) as { count: number };
    const full = await until(async () => ((await memberCount(stack, segment.id)) === count ? true : undefined));
    const rate = ROWS / done.seconds;
    return [
      {
        what: `local end to end, ${ROWS.toLocaleString('en')} rows: import`,
        value: Math.round(rate),
        unit: 'rows/s',
        beside: [{ name: 'the same rows by BatchWrite alone', value: Math.round(floor) }],
        ratio: rate / floor,
      },
      {
        what: 'from the end of the import to a full and counted segment',
        value: Math.round(full.seconds * 10) / 10,
        unit: 's',
      },
    ];
  } finally {
    await stack.stop();
  }
}
