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
import { afterAll, afterEach, expect, test } from 'vitest';
import { endLeftBehind, writeLock } from '../../infra/local/process/lock-file.ts';
import { type RunningStack, startAndFail, startLocal } from '../support/stack/local.ts';
import { synthesizeSmallApp } from '../support/stack/local-app.ts';
import { processesWith } from '../support/stack/processes.ts';

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

test('a kill of the whole process group leaves no server behind that holds the data', async () => {
  const place = join(data, 'killed');
  const startGroup = () => startLocal({ assembly, data: place, memory: false, group: true });
  for (const round of [1, 2, 3]) {
    const killed = await startGroup();
    await tableOf(killed).put(`ROUND#${round}`);
    await killed.kill();
  }
  const next = await startGroup();
  const servers = processesWith('java', place, 'XmlConfiguration').filter((id) => !watchers(place).includes(id));
  const rounds = await Promise.all([1, 2, 3].map((round) => tableOf(next).get(`ROUND#${round}`)));
  await next.stop();
  expect(servers).toHaveLength(1);
  expect(rounds).not.toContain(undefined);
});

const watchers = (place: string) => processesWith('kill-with-parent.ts', place);

test('a server that a killed start left behind is ended by the next start', async () => {
  const place = join(data, 'left');
  const killed = await startLocal({ assembly, data: place, memory: false, group: true });
  await tableOf(killed).put('KEPT');
  for (const id of watchers(place)) process.kill(id, 'SIGKILL');
  await killed.kill();
  const answers = (endpoint: string) => fetch(endpoint).then(({ ok }) => ok || true);
  await expect(answers(killed.dynamodb.endpoint)).resolves.toBe(true);

  const next = await startLocal({ assembly, data: place, memory: false });
  const kept = await tableOf(next).get('KEPT');
  await next.stop();
  expect(kept).toBeDefined();
  await expect(answers(killed.dynamodb.endpoint)).rejects.toThrow();
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

test('servers listen on the loopback address alone', async () => {
  const { api, s3, mail, dynamodb } = await start();
  for (const endpoint of [api, s3.endpoint, mail, dynamodb.endpoint]) {
    await expect(fetch(endpoint)).resolves.toBeDefined();
    // On Linux every address of 127.0.0.0/8 is this machine: a server that listens on all addresses answers here.
    await expect(fetch(endpoint.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow();
  }
});

test('everything below the data directory is the user’s alone', async () => {
  await (await start()).stop();
  const again = await start();
  await again.bucket.send(new PutObjectCommand({ Bucket: again.s3.bucket, Key: 'own', Body: 'own' }));
  const entries = readdirSync(data, { recursive: true, encoding: 'utf8' });
  expect(entries).toEqual(expect.arrayContaining(['ledger.db', 'local.json', 'first-key', 'mails.json', 'storage']));
  const open = entries.filter((name) => lstatSync(join(data, name)).mode & 0o077);
  expect(open).toEqual([]);
});

test('what an earlier version left open to others is closed by the next start', async () => {
  const left = [join(data, 'ledger.db'), join(data, 'storage'), join(data, 'mails.json')];
  for (const path of left) chmodSync(path, 0o755);
  await start();
  expect(left.map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
});

test('a first key that was revoked is told, and another one is made on demand', async () => {
  const before = await start();
  expect(before.keyRevoked).toBe(false);
  await tableOf(before).put('REVOKED');
  await before.stop();

  const told = await start();
  expect([told.key, told.keyRevoked]).toEqual([before.key, true]);
  const line = told
    .output()
    .split('\n')
    .find((one) => one.includes('First key'));
  expect(line).toBe(`  First key    revoked. Make another with: npm start -- --new-key --data '${data}'`);
  expect(told.output()).not.toContain(before.key);
  await told.stop();

  stack = await startLocal({ assembly, data, memory: false, args: ['--new-key'] });
  expect(stack.output()).toContain(stack.key);
  expect([stack.key === before.key, stack.keyRevoked]).toEqual([false, false]);
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

test('a fresh start begins with nothing', async () => {
  stack = await startLocal({ assembly, data, memory: false, args: ['--fresh'] });
  expect(await tableOf(stack).get('KEPT')).toBeUndefined();
  expect(await (await fetch(`${stack.mail}/store`)).text()).not.toContain('Kept');
});
