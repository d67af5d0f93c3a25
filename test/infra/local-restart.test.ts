import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { afterAll, expect, test } from 'vitest';
import { endLeftBehind, writeLock } from '../../infra/local/process/lock-file.ts';
import { type RunningStack, startAndFail, startLocal } from '../support/stack/local.ts';
import { synthesizeSmallApp } from '../support/stack/local-app.ts';
import { processesWith } from '../support/stack/processes.ts';

const assembly = synthesizeSmallApp();
const data = mkdtempSync(join(tmpdir(), 'roster-test-'));
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
let stack: RunningStack | null = null;

/** Starts the stack on the data of this file, in a process group of its own. */
async function start(...args: string[]): Promise<RunningStack> {
  stack = await startLocal({ assembly, data, memory: false, group: true, args });
  return stack;
}

/** The stack that an earlier test left running, or else a new start. */
const running = async () => stack ?? start();

async function end(how: 'stop' | 'kill'): Promise<void> {
  await stack?.[how]();
  stack = null;
}

afterAll(async () => {
  await end('stop');
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

/** Waits until a condition holds, or until the test's own time-out is near. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 50_000; Date.now() < end && !(await holds()); ) await sleep(40);
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
  await end('stop');
  expect(() => readFileSync(join(data, 'local.json'))).toThrow();

  const second = await start();
  expect(second.key).toBe(first.key);
  expect(await tableOf(second).get('KEPT')).toBeDefined();
  expect(await act(second, { do: 'secret' })).toEqual({ secret });
  expect(await (await fetch(`${second.mail}/store`)).text()).toContain('Kept');
  expect(second.mail).toBe(first.mail);
});

test('everything below the data directory is the user’s alone', async () => {
  await running();
  const entries = readdirSync(data, { recursive: true, encoding: 'utf8' });
  const known = ['ledger.db', 'local.json', 'first-key', 'mails.json', 'storage', 'dynamodb/shared-local-instance.db'];
  expect(entries).toEqual(expect.arrayContaining(known));
  expect(entries.filter((name) => lstatSync(join(data, name)).mode & 0o077)).toEqual([]);
});

test('servers listen on the loopback address alone', async () => {
  const { api, s3, mail, dynamodb } = await running();
  for (const endpoint of [api, s3.endpoint, mail, dynamodb.endpoint]) {
    await expect(fetch(endpoint)).resolves.toBeDefined();
    // On Linux every address of 127.0.0.0/8 is this machine: a server that listens on all addresses answers here.
    await expect(fetch(endpoint.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow();
  }
});

test('a second start on the same data says so in one line and changes nothing', async () => {
  const { api } = await running();
  const { code, output } = await startAndFail(['--data', data, '--port', '0', '--assembly', assembly, '--fresh']);
  expect([code, output.trim().split('\n')]).toEqual([1, [expect.stringContaining('Roster already runs on')]]);
  expect((await fetch(`${api}/things/1`)).status).toBe(200);
});

test('what was under way when the stack was killed is finished after the next start', async () => {
  const killed = await running();
  const { executionArn } = await act(killed, { do: 'start', name: 'killed', input: { job: 'k', parts: 6, ms: 300 } });
  await until(async () => (await tableOf(killed).get('SEEN#k part 0')) !== undefined);
  for (let i = 1; i <= 40; i++) await tableOf(killed).put(`ITEM#${i}`);
  await killed.bucket.send(new PutObjectCommand({ Bucket: killed.s3.bucket, Key: 'in/late.csv', Body: 'x' }));
  await end('kill');

  const next = await start();
  const table = tableOf(next);
  await until(async () => (await act(next, { do: 'describe', executionArn })).status !== 'RUNNING');
  expect((await act(next, { do: 'describe', executionArn })).status).toBe('SUCCEEDED');
  // At least once: the step that the kill cut off may have done its work already, and is run again.
  expect(Number((await table.get('SEEN#k finished'))?.times?.N)).toBeGreaterThanOrEqual(1);
  await until(async () => (await table.get('DROP#in/late.csv')) !== undefined);
  expect(await table.get('DROP#in/late.csv')).toBeDefined();

  // At least once and in order: a batch that the kill cut off comes again from its beginning, and nothing is left out.
  const order = async () => (await table.get('SEEN#order'))?.ids?.L?.map(({ S }) => S) ?? [];
  await until(async () => (await order()).at(-1) === 'ITEM#40');
  const lastSeen = Array.from({ length: 40 }, (_, i) => `ITEM#${i + 1}`);
  expect([...new Set((await order()).toReversed())].toReversed()).toEqual(lastSeen);
});

const watchers = () => processesWith('kill-with-parent.ts', data);
const servers = () => processesWith('java', data).filter((id) => !watchers().includes(id));

test('three kills of the whole process group leave one server, and all data', async () => {
  for (const round of [1, 2, 3]) {
    await tableOf(await running()).put(`ROUND#${round}`);
    await end('kill');
  }
  const { get } = tableOf(await start());
  expect(servers()).toHaveLength(1);
  expect(await Promise.all([1, 2, 3].map((round) => get(`ROUND#${round}`)))).not.toContain(undefined);
});

test('a server that a killed start left behind is ended by the next start', async () => {
  await running();
  const left = servers();
  for (const id of watchers()) process.kill(id, 'SIGKILL');
  await end('kill');
  expect([left.length, servers()]).toEqual([1, left]);

  const { get } = tableOf(await start());
  expect(servers()).toHaveLength(1);
  expect(servers()).not.toEqual(left);
  expect(await get('KEPT')).toBeDefined();
});

test('a process that got the id of an earlier server is left alone', async () => {
  const file = join(data, 'process.json');
  const foreign = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  writeLock(file, foreign.pid ?? 0);
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...lock, started: 'earlier' }));
  await endLeftBehind(file);
  expect([existsSync(file), foreign.signalCode]).toEqual([false, null]);

  const gone = once(foreign, 'exit');
  writeLock(file, foreign.pid ?? 0);
  await endLeftBehind(file);
  await gone;
  expect(foreign.signalCode).toBe('SIGKILL');
});

test('a start closes to others what an earlier version left open to them', async () => {
  const opened = [join(data, 'ledger.db'), join(data, 'storage'), join(data, 'mails.json')];
  await end('stop');
  for (const path of opened) chmodSync(path, 0o755);
  await start();
  expect(opened.map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
});

test('a start tells that the first key was revoked, and makes another one on demand', async () => {
  const before = await running();
  expect(before.keyRevoked).toBe(false);
  await tableOf(before).put('REVOKED');
  await end('stop');

  const restarted = await start();
  expect([restarted.key, restarted.keyRevoked]).toEqual([before.key, true]);
  const printed = () =>
    restarted
      .output()
      .split('\n')
      .find((line) => line.includes('First key'));
  await until(async () => printed() !== undefined);
  expect(printed()).toBe(`  First key    revoked. Make another with: npm start -- --new-key --data '${data}'`);
  expect(restarted.output()).not.toContain(before.key);
  await end('stop');

  const { key, keyRevoked } = await start('--new-key');
  expect([key === before.key, keyRevoked]).toEqual([false, false]);
});

test.each(['kill', 'stop'] as const)(
  'when npm gets a signal alone, the stack that it started goes too: %s',
  async (how) => {
    const place = join(data, `by-npm-${how}`);
    mkdirSync(place);
    const started = await startLocal({ assembly, npm: true, data: place });
    await started[how]();
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
  },
);

test('a fresh start begins with nothing, and deletes nothing that is not Roster’s', async () => {
  await end('stop');
  writeFileSync(join(data, 'notes.txt'), 'mine');
  const fresh = await start('--fresh');
  expect(await tableOf(fresh).get('KEPT')).toBeUndefined();
  expect(await (await fetch(`${fresh.mail}/store`)).text()).not.toContain('Kept');
  expect(readFileSync(join(data, 'notes.txt'), 'utf8')).toBe('mine');
});
