import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type RunningStack, startAndFail, startLocal } from '../support/stack/local.ts';
import { synthesizeSmallApp } from '../support/stack/local-app.ts';

const assembly = synthesizeSmallApp();
const data = mkdtempSync(join(tmpdir(), 'roster-test-'));
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
let stack: RunningStack | null = null;

async function start(): Promise<RunningStack> {
  stack = await startLocal({ assembly, data, memory: false });
  return stack;
}
afterEach(() => stack?.stop());
afterAll(() => {
  for (const directory of [data, dirname(assembly)]) rmSync(directory, { recursive: true, force: true });
});

function tableOf({ dynamodb }: RunningStack) {
  const client = new DynamoDBClient({ endpoint: dynamodb.endpoint, region: 'us-east-1', credentials });
  return {
    put: (PK: string) => client.send(new PutItemCommand({ TableName: dynamodb.table, Item: { PK: { S: PK } } })),
    get: async (PK: string) =>
      (await client.send(new GetItemCommand({ TableName: dynamodb.table, Key: { PK: { S: PK } } }))).Item,
  };
}

async function act({ api }: RunningStack, input: Record<string, unknown>): Promise<Record<string, string>> {
  const response = await fetch(`${api}/act`, { method: 'POST', body: JSON.stringify(input) });
  return JSON.parse(await response.text());
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500 && !(await holds()); tries++) await sleep(40);
}

test('users, files, secrets, mails and the first key survive a stop, and local.json goes with the stack', async () => {
  const first = await start();
  await tableOf(first).put('KEPT');
  const { secret } = await act(first, { do: 'secret' });
  const ses = new SESClient({ endpoint: first.mail, region: 'us-east-1', credentials });
  const Message = { Subject: { Data: 'Kept' }, Body: { Text: { Data: 'x' } } };
  await ses.send(
    new SendEmailCommand({ Source: 'a@example.com', Destination: { ToAddresses: ['b@example.com'] }, Message }),
  );
  await first.bucket.send(new PutObjectCommand({ Bucket: first.s3.bucket, Key: 'kept', Body: 'kept' }));
  expect(statSync(join(data, 'first-key')).mode & 0o777).toBe(0o600);
  await first.stop();
  expect(() => readFileSync(join(data, 'local.json'))).toThrow();

  const second = await start();
  expect(second.key).toBe(first.key);
  expect(await tableOf(second).get('KEPT')).toBeDefined();
  expect(await act(second, { do: 'secret' })).toEqual({ secret });
  expect(await (await fetch(`${second.mail}/store`)).text()).toContain('Kept');
  expect(second.mail).toBe(first.mail);
});

test('a second start on the same data says so in one line and changes nothing', async () => {
  const running = await start();
  const { code, output } = await startAndFail(['--data', data, '--port', '0', '--assembly', assembly, '--fresh']);
  expect([code, output.trim().split('\n')]).toEqual([1, [expect.stringContaining('Roster already runs on')]]);
  expect((await fetch(`${running.api}/things/1`)).status).toBe(200);
});

test('what was under way when the stack was killed is finished after the next start', async () => {
  const killed = await start();
  const { executionArn } = await act(killed, { do: 'start', name: 'killed', input: { job: 'k', parts: 6, ms: 300 } });
  await until(async () => (await tableOf(killed).get('SEEN#k part 0')) !== undefined);
  for (let i = 1; i <= 40; i++) await tableOf(killed).put(`ITEM#${i}`);
  await killed.bucket.send(new PutObjectCommand({ Bucket: killed.s3.bucket, Key: 'in/late.csv', Body: 'x' }));
  await killed.kill();
  await until(() =>
    fetch(killed.dynamodb.endpoint).then(
      () => false,
      () => true,
    ),
  );
  await expect(fetch(killed.dynamodb.endpoint)).rejects.toThrow();

  const next = await start();
  const table = tableOf(next);
  await until(async () => (await act(next, { do: 'describe', executionArn })).status !== 'RUNNING');
  expect((await act(next, { do: 'describe', executionArn })).status).toBe('SUCCEEDED');
  expect((await table.get('SEEN#k finished'))?.times).toEqual({ N: '1' });
  await until(async () => (await table.get('DROP#in/late.csv')) !== undefined);
  expect(await table.get('DROP#in/late.csv')).toBeDefined();

  // At least once and in order: a batch that the kill cut off comes again from its beginning, and nothing is left out.
  const order = async () => (await table.get('SEEN#order'))?.ids?.L?.map(({ S }) => S) ?? [];
  await until(async () => (await order()).at(-1) === 'ITEM#40');
  const lastSeen = Array.from({ length: 40 }, (_, i) => `ITEM#${i + 1}`);
  expect([...new Set((await order()).toReversed())].toReversed()).toEqual(lastSeen);
});

test('when npm goes, however it does, the stack that it started goes too', async () => {
  const place = join(data, 'by-npm');
  mkdirSync(place);
  const started = await startLocal({ assembly, npm: true, data: place });
  await started.kill();
  const answers = (endpoint: string) =>
    fetch(endpoint).then(
      () => true,
      () => false,
    );
  const endpoints = [started.api, started.s3.endpoint, started.mail, started.dynamodb.endpoint];
  await until(async () => !(await Promise.all(endpoints.map(answers))).includes(true));
  expect(await Promise.all(endpoints.map(answers))).toEqual([false, false, false, false]);
  await until(async () => !existsSync(join(place, 'local.json')));
  expect(existsSync(join(place, 'local.json'))).toBe(false);
});

test('a fresh start begins with nothing', async () => {
  stack = await startLocal({ assembly, data, memory: false, args: ['--fresh'] });
  expect(await tableOf(stack).get('KEPT')).toBeUndefined();
  expect(await (await fetch(`${stack.mail}/store`)).text()).not.toContain('Kept');
});
