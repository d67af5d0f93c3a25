import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { handler as create } from '../../functions/imports/create.ts';
import { handler as get } from '../../functions/imports/get.ts';
import { handler as plan } from '../../functions/imports/plan.ts';
import { handler as template } from '../../functions/imports/template.ts';
import { handler as sweep } from '../../functions/jobs/sweep.ts';
import { keepRunning } from '../../shared/app/jobs/keep-running.ts';
import { standing } from '../../shared/app/jobs/sweep.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import * as users from '../../shared/data/users/users.ts';
import { IMPORTS, MAX_OPTIONS_BYTES } from '../../shared/domain/imports/drop.ts';
import { s3, sfn } from '../../shared/runtime/clients.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import { keyWith, send } from '../support/deployment/deployment.ts';
import { withTime } from '../support/jobs/export-run.ts';
import { countsOf, drop, imported, jobOf, notifyTrigger, runImport, startImports } from '../support/jobs/import-run.ts';

const inTime = withTime(900_000);
let bucket: Bucket;
let around: Awaited<ReturnType<typeof startImports>>;
let key: string;

beforeAll(async () => {
  around = await startImports();
  ({ bucket } = around);
  key = await keyWith('imports');
});
afterAll(() => around.stop());

type Upload = { readonly url: string; readonly fields: Record<string, string> };
type Started = {
  readonly job: { readonly id: string; readonly input: { readonly key: string } };
  readonly upload: Upload;
};

async function asked(body: Record<string, unknown>): Promise<Started> {
  const { status, body: answer } = await send(create, 'POST /v1/imports', { key, body });
  expect(status).toBe(201);
  return answer as Started;
}

async function upload({ url, fields }: Upload, text: string): Promise<number> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([text]));
  return (await fetch(url, { method: 'POST', body: form })).status;
}

const put = (name: string, body: string, metadata: Record<string, string> = {}) =>
  s3().send(new PutObjectCommand({ Bucket: bucket.name, Key: name, Body: body, Metadata: metadata }));

test('a form brings the file of an import, and serves once', async () => {
  const started = await asked({ fileName: 'people.csv', addTags: ['spring'], notify: [] });
  expect(started.job).toMatchObject({
    status: 'awaiting-upload',
    type: 'csv-import',
    input: { fileName: 'people.csv', bytes: null, options: { onConflict: 'update', addTags: ['spring'] } },
  });
  expect(await upload(started.upload, 'email,city\nform@example.com,Rome\n')).toBeLessThan(300);
  await notifyTrigger(bucket, started.job.input.key, '1');
  expect(around.started.at(-1)).toMatchObject({ name: started.job.id });
  // Another file is uploaded with the form before the first is read: nothing of it is imported.
  await upload(started.upload, 'email,city\nsecond@example.com,Oslo\n');
  await notifyTrigger(bucket, started.job.input.key, '2');
  const job = await runImport(bucket, started.job.id);
  expect(job).toMatchObject({ status: 'failed', failure: { code: 'fileReplaced' }, input: { bytes: 33 } });
  expect(await users.byIdentifier({ field: 'email', value: 'second@example.com' })).toBeNull();
});

test('a file that was uploaded with a form is imported by its options, and sends no mail when `notify` is empty', async () => {
  const before = (await around.mails()).length;
  const { job, upload: form } = await asked({ fileName: 'asked.csv', addTags: ['autumn'], notify: [] });
  await upload(form, 'email,city\nasked@example.com,Rome\n');
  await notifyTrigger(bucket, job.input.key);
  expect(countsOf(await runImport(bucket, job.id))).toEqual({ rows: 1, imported: 1 });
  expect((await users.byIdentifier({ field: 'email', value: 'asked@example.com' }))?.tags).toEqual(['autumn']);
  expect(await around.mails()).toHaveLength(before);
  const { body } = await send(get, 'GET /v1/imports/{id}', { key, params: { id: job.id } });
  expect(body).toMatchObject({
    id: job.id,
    status: 'succeeded',
    counts: { rows: 1 },
    createdBy: expect.stringMatching(/^key_/),
  });
});

test.each([
  [{ fileName: '../secrets.csv' }, '/fileName'],
  [{ fileName: 'x.options.json' }, '/fileName'],
  [{ fileName: '' }, '/fileName'],
  [{ fileName: ' ' }, '/fileName'],
  [{ fileName: 'a\ud800.csv' }, '/fileName'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is a variable of S3.
  [{ fileName: '${filename}.csv' }, '/fileName'],
  [{ fileName: 'x.csv', dryRun: true }, '/dryRun'],
  [{ fileName: 'x.csv', onConflict: 'destroy' }, '/onConflict'],
  [{ fileName: 'x.csv', notify: ['eve@evil.test'] }, '/notify/0'],
  [{ fileName: 'x.csv', colour: 'red' }, '/colour'],
])('an import asked for with %j is refused, with its place', async (body, pointer) => {
  const { status, body: problem } = await send(create, 'POST /v1/imports', { key, body });
  expect(status).toBe(400);
  expect(problem.errors).toMatchObject([{ pointer }]);
});

test('a mapping that is wrong is refused where it is wrong', async () => {
  const mapping = {
    ' ': null,
    A: { key: 'a', type: 'numbr' },
    B: 5,
    C: { key: 5 },
    D: { key: 'd', type: 'text', label: 'D' },
  };
  const { body: problem } = await send(create, 'POST /v1/imports', { key, body: { fileName: 'x.csv', mapping } });
  expect(problem.errors).toMatchObject([
    { pointer: '/mapping/ ', code: 'notAllowed', detail: 'Must be a header of 1 to 1000 characters.' },
    { pointer: '/mapping/A/type', code: 'notAllowed', detail: expect.stringContaining('text, longText, number') },
    { pointer: '/mapping/B', code: 'wrongType' },
    { pointer: '/mapping/C/key', code: 'wrongType' },
    { pointer: '/mapping/C/type', code: 'required' },
    { pointer: '/mapping/D/label', code: 'unknownKey' },
  ]);
});

test('a call repeated with its Idempotency-Key makes one job, and its form is shown once', async () => {
  const sent = { key, body: { fileName: 'once.csv' }, headers: { 'idempotency-key': 'import-once' } };
  const first = await send(create, 'POST /v1/imports', sent);
  const again = await send(create, 'POST /v1/imports', sent);
  expect(again).toMatchObject({ status: 201, headers: { 'idempotency-replayed': 'true' }, body: { upload: null } });
  expect((again.body as Started).job.id).toBe((first.body as Started).job.id);
});

test('a notification that comes twice makes one job and starts it once', async () => {
  const before = around.started.length;
  const id = await drop(bucket, `${IMPORTS}twice.csv`, { body: 'email\ntwice@example.com\n' });
  const { etag } = (await jobOf(id)).source ?? {};
  const sequencer = 'ABC';
  const one = await notifyTrigger(bucket, `${IMPORTS}twice.csv`, sequencer);
  expect(await notifyTrigger(bucket, `${IMPORTS}twice.csv`, sequencer)).toBe(one);
  expect(one).not.toBe(id);
  expect(etag).not.toBeNull();
  expect(new Set(around.started.slice(before).map(({ name }) => name))).toEqual(new Set([id, one]));
});

test('folders, options beside a file and strangers’ uploads are no imports', async () => {
  const before = around.started.length;
  for (const [name, body] of [
    [`${IMPORTS}folder/`, ''],
    [`${IMPORTS}file.csv.options.json`, '{}'],
    ['uploads/imp_nobody/file.csv', 'email\na@example.com\n'],
  ] as const) {
    const id = await drop(bucket, name, { body: body === '' ? Buffer.alloc(0) : body });
    expect(await jobs.byId(id)).toBeNull();
  }
  expect(around.started).toHaveLength(before);
});

test('options beside a file are used, metadata wins, and unknown names are warnings', async () => {
  await put(
    `${IMPORTS}beside.csv.options.json`,
    JSON.stringify({ addTags: ['from-file'], mapping: { Town: 'city' }, shape: 'round' }),
  );
  const job = await imported(bucket, 'email,Town\nbeside@example.com,Rome\n', {
    name: 'beside.csv',
    metadata: { 'add-tags': 'from-metadata' },
  });
  expect(job.warnings).toMatchObject([{ code: 'unknownOption', field: 'shape' }]);
  expect(await users.byIdentifier({ field: 'email', value: 'beside@example.com' })).toMatchObject({
    tags: ['from-metadata'],
    properties: { city: 'Rome' },
  });
});

test('options beside a file that are too large fail it, and are not read', async () => {
  const large = JSON.stringify({ addTags: ['from-file'], filler: 'x'.repeat(MAX_OPTIONS_BYTES) });
  await put(`${IMPORTS}large.csv.options.json`, large);
  const job = await imported(bucket, 'email\nlarge@example.com\n', { name: 'large.csv' });
  const detail = 'The .options.json beside the file has more than 131072 bytes.';
  expect(job).toMatchObject({ status: 'failed', failure: { code: 'invalidOption', detail }, warnings: [] });
  expect(await users.byIdentifier({ field: 'email', value: 'large@example.com' })).toBeNull();
});

test('a file that is replaced before it is read fails, and changes no user', async () => {
  const id = await drop(bucket, `${IMPORTS}replaced.csv`, { body: 'email\nfirst@example.com\n' });
  await put(`${IMPORTS}replaced.csv`, 'email\nother@example.com\n');
  expect(await runImport(bucket, id)).toMatchObject({ status: 'failed', failure: { code: 'fileReplaced' } });
  expect(await users.byIdentifier({ field: 'email', value: 'other@example.com' })).toBeNull();
});

test('a plan that is made again is the same, with its warnings', async () => {
  const id = await drop(bucket, `${IMPORTS}planned.csv`, { body: 'email,Shoe size\nplanned@example.com,9\n' });
  await plan({ job: id }, inTime);
  const first = await jobOf(id);
  await plan({ job: id }, inTime);
  const again = await jobOf(id);
  expect(again).toEqual(first);
  expect(again.warnings).toMatchObject([{ code: 'unknownColumn', lines: [1] }]);
});

test('the template is a file that an import takes', async () => {
  const { status, headers, body } = await send(template, 'GET /v1/imports/template', { key, query: 'example=true' });
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="roster-template.csv"',
  });
  const job = await imported(bucket, String(body.text));
  expect(countsOf(job)).toEqual({ rows: 1, imported: 1 });
  expect(job.warnings).toEqual([]);
});

/** Moves a job into the past, as far as the sweeper can see. */
async function aged(id: string, ms: number): Promise<void> {
  const job = await jobOf(id);
  await jobs.replace({ ...job, createdAt: new Date(Date.parse(job.createdAt) - ms).toISOString() }, job.status);
}

test('a job whose file is never uploaded fails after an hour, and mails its creator', async () => {
  const before = (await around.mails()).length;
  const { job } = await asked({ fileName: 'never.csv' });
  await aged(job.id, 30 * 60_000);
  await sweep({}, inTime);
  expect((await jobOf(job.id)).status).toBe('awaiting-upload');
  await aged(job.id, 31 * 60_000);
  await sweep({}, inTime);
  expect(await jobOf(job.id)).toMatchObject({ status: 'failed', failure: { code: 'uploadNotReceived' }, notify: [] });
  expect(await around.mails()).toHaveLength(before + 1);
});

test('an upload whose notification was lost is found, and started', async () => {
  const { job, upload: form } = await asked({ fileName: 'unnotified.csv', notify: [] });
  await upload(form, 'email\nunnotified@example.com\n');
  await aged(job.id, 10 * 60_000);
  await sweep({}, inTime);
  expect(around.started.map(({ name }) => name)).toContain(job.id);
  expect(countsOf(await runImport(bucket, job.id))).toEqual({ rows: 1, imported: 1 });
});

test('a dropped file whose notification was lost is found once, and started', async () => {
  await put(`${IMPORTS}lost-notice.csv`, 'email\nlost-notice@example.com\n', { 'add-tags': 'found' });
  const known = await drop(bucket, `${IMPORTS}told.csv`, { body: 'email\ntold@example.com\n' });
  const recipients = { operators: [], allowed: [] };
  const later = Date.now() + 10 * 60_000;
  const { open } = await standing({ bucket, recipients, now: later });
  const found = open.filter(({ input }) => 'key' in input && input.key.endsWith('lost-notice.csv'));
  expect(found).toHaveLength(1);
  expect(open.filter(({ input }) => 'key' in input && input.key.endsWith('told.csv')).map(({ id }) => id)).toEqual([
    known,
  ]);
  const again = await standing({ bucket, recipients, now: later + 10 * 60_000 });
  expect(again.open.filter(({ input }) => 'key' in input && input.key.endsWith('lost-notice.csv'))).toEqual(found);
  await runImport(bucket, found[0]?.id ?? '');
  expect((await users.byIdentifier({ field: 'email', value: 'lost-notice@example.com' }))?.tags).toEqual(['found']);
});

test('a workflow that broke off is started again under a name of its own, and given up after some', async () => {
  const workflow = { client: sfn(), machine: 'arn:aws:states:us-east-1:000000000000:stateMachine:import' };
  const before = around.started.length;
  expect(await keepRunning(workflow, 'imp_stood')).toBe(true);
  expect(await keepRunning(workflow, 'imp_stood')).toBe(true);
  expect(around.started.slice(before).map(({ name }) => name)).toEqual(['imp_stood']);
  for (const ending of ['FAILED', 'TIMED_OUT', 'ABORTED', 'FAILED', 'FAILED']) {
    around.end(ending);
    await keepRunning(workflow, 'imp_stood');
  }
  expect(around.started.slice(before).map(({ name }) => name)).toEqual([
    'imp_stood',
    'imp_stood-1',
    'imp_stood-2',
    'imp_stood-3',
    'imp_stood-4',
  ]);
  expect(await keepRunning(workflow, 'imp_stood')).toBe(false);
});

test('a file that cannot be looked at holds up no other', async () => {
  for (const name of ['unlucky', 'lucky']) await put(`${IMPORTS}${name}.csv`, `email\n${name}@example.com\n`);
  const head: typeof bucket.head = (source) =>
    source.key.endsWith('unlucky.csv') ? Promise.reject(new Error('refused')) : bucket.head(source);
  const later = Date.now() + 10 * 60_000;
  const recipients = { operators: [], allowed: [] };
  const { open, errors } = await standing({ bucket: { ...bucket, head }, recipients, now: later });
  expect(errors).toEqual([new Error('refused')]);
  const keys = open.map(({ input }) => ('key' in input ? input.key : ''));
  expect(keys.filter((key) => key.endsWith('lucky.csv'))).toEqual([`${IMPORTS}lucky.csv`]);
});
