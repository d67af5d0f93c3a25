import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, until } from '../support/stack/client.ts';
import { type RunningStack, startLocal } from '../support/stack/local.ts';

// A word that occurs in values of a person only. It has small letters only, so that every normal form keeps it.
const CANARY = 'zqcanaryzq';
const at = (local: string) => `${local}.${CANARY}@example.com`;

let stack: RunningStack;
let call: ReturnType<typeof clientOf>;

beforeAll(async () => {
  stack = await startLocal({ memory: false, args: ['--verbose'] });
  call = clientOf(stack);
});
afterAll(() => stack?.stop());

/** The files below a folder that contain the word: the stack stores executions, queues and checkpoints in its folder. */
function filesWith(folder: string, word: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile() && readFileSync(file).includes(word));
}

async function keysOfTable(): Promise<readonly string[]> {
  const client = new DynamoDBClient({
    endpoint: stack.dynamodb.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const keys: string[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: stack.dynamodb.table })) {
    for (const { PK, SK, GSI1PK, GSI1SK } of Items) keys.push(JSON.stringify([PK, SK, GSI1PK, GSI1SK]));
  }
  return keys;
}

const ended = (type: string) =>
  until(async () => {
    const [job] = (await call(`GET /v1/logs?type=${type}`)).body.data;
    return job?.finishedAt ? job : null;
  });

test('promise 9: no personal data in logs, keys of the table, queues, or workflow histories', async () => {
  const rule = { field: 'email', op: 'contains', value: CANARY };
  const made = await call('POST /v1/users', { properties: { email: at('a'), firstName: CANARY } });
  expect(made.status).toBe(201);
  // A refusal names the field, never the value.
  const refused = [
    await call('POST /v1/users', { properties: { email: at('a') } }),
    await call('POST /v1/users', { properties: { phone: CANARY, dob: CANARY, email: CANARY } }),
    await call(`GET /v1/users?fields=${CANARY}`),
    await call(`GET /v1/users/email:${at('nobody')}`),
  ];
  expect(refused.map(({ status }) => status)).toEqual([409, 400, 400, 404]);
  for (const { body } of refused) expect(JSON.stringify(body)).not.toContain(CANARY);
  await call(`PATCH /v1/users/email:${at('a')}`, { properties: { email: at('b') } });
  expect((await call('POST /v1/segments', { name: 'Canaries', kind: 'dynamic', rule })).status).toBe(201);

  // The second row loses a cell, and the third has no identifier left.
  const rows = [
    'email,dob,firstName',
    `${at('c')},1990-01-02,${CANARY}`,
    `${at('d')},${CANARY},x`,
    `${CANARY},1990-01-02,x`,
  ];
  const file = { Bucket: stack.s3.bucket, Key: 'imports/people.csv', Body: rows.join('\n') };
  await stack.bucket.send(new PutObjectCommand(file));
  const imported = await ended('csv-import');
  expect(imported.counts).toMatchObject({ imported: 2, failed: 1 });
  expect(JSON.stringify(imported)).not.toContain(CANARY);
  expect((await call('POST /v1/exports', { where: rule })).status).toBe(202);
  expect((await ended('bulk-download')).counts).toEqual({ users: 3 });
  await call(`DELETE /v1/users/email:${at('b')}`);

  expect(stack.output()).toContain('users/create: {');
  expect(stack.output()).not.toContain(CANARY);
  const keys = await keysOfTable();
  expect(keys.length).toBeGreaterThan(10);
  expect(keys.filter((key) => key.includes(CANARY))).toEqual([]);
  const inbox = await (await fetch(`${stack.mail}/store`)).text();
  expect(inbox).toContain('Export ready');
  expect(inbox).not.toContain(CANARY);
  // The table and the bucket hold what people gave; executions, checkpoints and mails stand beside them.
  const beside = (word: string) =>
    filesWith(stack.data, word).filter((file) => !/^(dynamodb|storage)/.test(file.slice(stack.data.length + 1)));
  expect(beside(imported.id)).not.toEqual([]);
  expect(beside(CANARY)).toEqual([]);
});
