import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailsAt } from '../support/deployment/inbox.ts';
import { dirtyUserFile, legislators } from '../support/jobs/sample-files.ts';
import { type RunningStack, startLocal } from '../support/stack/local.ts';

let stack: RunningStack;

beforeAll(async () => {
  stack = await startLocal();
}, 90_000);
afterAll(() => stack?.stop());

type Json = Record<string, unknown>;

async function api(path: string, init: { readonly method?: string; readonly body?: unknown } = {}): Promise<Json> {
  const answer = await fetch(`${stack.api}${path}`, {
    method: init.method ?? 'GET',
    headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' },
    ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
}

type Job = Json & { readonly id: string; readonly status: string; readonly createdAt: string };

/** The job of the file that was dropped under this key, once it has ended. */
async function ended(key: string, seen: ReadonlySet<string> = new Set()): Promise<Job> {
  for (const until = Date.now() + 240_000; Date.now() < until; await sleep(150)) {
    const { data: jobs } = (await api('/v1/logs?type=csv-import')) as unknown as { data: Job[] };
    const job = jobs.find(({ id, input }) => (input as Json).key === key && !seen.has(id));
    if (job && !['awaiting-upload', 'queued', 'running'].includes(job.status)) return job;
  }
  throw new Error(`the import of ${key} did not end:\n${stack.output()}`);
}

async function drop(key: string, body: string | Uint8Array, metadata: Record<string, string> = {}): Promise<void> {
  await stack.bucket.send(new PutObjectCommand({ Bucket: stack.s3.bucket, Key: key, Body: body, Metadata: metadata }));
}

async function download(job: Job, name: string): Promise<string> {
  const { url } = (await api(`/v1/logs/${job.id}/links`, { method: 'POST', body: { name } })) as { url: string };
  const file = await fetch(url);
  expect(file.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`);
  return (await file.text()).replace(/^\ufeff/, '');
}

test('legislators are dropped with nothing but their country, and dropped again', async () => {
  const key = 'imports/legislators.csv';
  await drop(key, legislators, { 'default-country': 'US' });
  const first = await ended(key);
  expect(first).toMatchObject({
    status: 'succeeded',
    counts: { rows: 537, imported: 537, merged: 0, unchanged: 0, skipped: 0, failed: 0 },
    progress: { done: 537, total: 537 },
    createdBy: 'bucket',
  });
  const robert = await api('/v1/users/userId:A000055');
  expect(robert).toMatchObject({
    tags: ['rep', 'republican'],
    properties: { dob: '1965-07-22', phone: '+12022254876', website: 'https://aderholt.house.gov', terms: '15' },
  });
  await drop(key, legislators, { 'default-country': 'US' });
  const again = await ended(key, new Set([first.id]));
  expect(again).toMatchObject({ status: 'succeeded', counts: { rows: 537, unchanged: 537 } });
  expect(await api('/v1/users/userId:A000055')).toEqual(robert);
  const log = await download(again, 'import-log.csv');
  expect(log.split('\r\n')).toHaveLength(539);
  const mails = await mailsAt(stack.mail);
  expect(mails.filter(({ destination }) => destination.to.includes('owner@example.com'))).toHaveLength(2);
}, 120_000);

test('a dirty file is imported as far as it is clean, and its failed rows corrected are imported too', async () => {
  await api('/v1/properties', { method: 'POST', body: { key: 'seats', type: 'number' } });
  await api('/v1/properties', { method: 'POST', body: { key: 'renewsOn', type: 'date' } });
  const { csv, made } = dirtyUserFile(10_000);
  const badCells = made.badEmail + made.badNumber + made.badDate;
  await drop('imports/users.csv', csv);
  const job = await ended('imports/users.csv');
  expect(job).toMatchObject({
    status: 'partially-succeeded',
    counts: {
      rows: 9_924,
      imported: 9_444 + badCells,
      merged: 91,
      unchanged: 0,
      skipped: 0,
      failed: made.noIdentifier,
    },
    progress: { done: 9_924, total: 9_924 },
  });
  const failed = await download(job, 'failed-rows.csv');
  const corrected = failed
    .replaceAll('not-an-email', '')
    .replaceAll('12 chairs', '12')
    .replaceAll('2026-02-30', '2026-02-28');
  await drop('imports/corrected.csv', corrected);
  const after = await ended('imports/corrected.csv');
  // Rows without any identifier can only be corrected by a person who knows the users.
  expect(after).toMatchObject({
    counts: {
      ...{ rows: 389, imported: 0, skipped: 0, failed: made.noIdentifier },
      ...{ merged: made.badNumber + made.badDate, unchanged: made.badEmail },
    },
  });
  expect((await download(after, 'import-log.csv')).match(/FAILED.*noIdentifier/g)).toHaveLength(made.noIdentifier);
}, 300_000);

/** Runs `npm run drop` as a person does, against the stack of this file. */
async function runDrop(file: string, ...options: readonly string[]) {
  const args = ['infra/local/drop.ts', file, '--data', stack.data, ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += String(chunk);
    });
  }
  const [code] = await once(child, 'close');
  return { code, printed };
}

function written(name: string, content: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'roster-drop-')), name);
  writeFileSync(file, content);
  return file;
}

describe('npm run drop', () => {
  test('waits for the end, and prints the counts, the warnings in words and a command for each file', async () => {
    const { code, printed } = await runDrop(written('shop.csv', 'E-Mail,Shoe size\nada@example.com,38\nnobody,40\n'));
    expect(printed).toContain('Import partially-succeeded. 2 rows: 1 imported, 1 failed');
    expect(printed).toMatch(/shoeSize.*\[unknownColumn/);
    const [, command = ''] = /curl -sL '([^']+)' -o import-log\.csv/.exec(printed) ?? [];
    const log = await (await fetch(command)).text();
    expect(log).toContain('3,FAILED');
    expect(code).toBe(0);
  });

  test('drops a mapping beside the file', async () => {
    const mapping = written('mapping.json', '{"Courriel préféré": "email", "Notes": null}');
    const file = written('clients.csv', 'Courriel préféré;Notes\nbob@example.com;x\n');
    const { code, printed } = await runDrop(file, '--mapping', mapping);
    expect(printed).toContain('Import succeeded. 1 row: 1 imported');
    expect(code).toBe(0);
    const bob = await api('/v1/users/email:bob@example.com');
    expect(bob.properties).toEqual({ email: 'bob@example.com' });
  });

  test('ends with 1 when the import failed, and prints the reason', async () => {
    const { code, printed } = await runDrop(written('none.csv', 'Shoe size\n38\n'));
    expect(printed).toContain('Import failed. 0 rows');
    expect(printed).toContain('[noIdentifierColumn]');
    expect(code).toBe(1);
  });

  test('does not wait with --no-wait', async () => {
    const { code, printed } = await runDrop(written('later.csv', 'email\ncarl@example.com\n'), '--no-wait');
    expect(printed.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(0);
    expect((await ended('imports/later.csv')).counts).toMatchObject({ imported: 1 });
  });

  test.each([
    ['--on-conflikt', 'skip'],
    ['--mapping', '/nowhere.json'],
  ])('refuses %s %s in words', async (...options) => {
    const { code, printed } = await runDrop(written('a.csv', 'email\na@example.com\n'), ...options);
    expect(printed).toMatch(/Unknown option '--on-conflikt'|There is no file \/nowhere.json/);
    expect(code).toBe(1);
  });
});
