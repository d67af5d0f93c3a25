import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handler as create } from '../../functions/exports/create.ts';
import { handler as finish } from '../../functions/exports/finish.ts';
import { handler as get } from '../../functions/exports/get.ts';
import { handler as writePart } from '../../functions/exports/write-part.ts';
import { handler as createSegment } from '../../functions/segments/create.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import { shardOf } from '../../shared/data/keys.ts';
import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users/users.ts';
import { entropyOf, ulid } from '../../shared/domain/id.ts';
import type { Schema } from '../../shared/domain/properties/property.ts';
import { merged, unborn } from '../../shared/domain/users/merge.ts';
import type { Profile } from '../../shared/domain/users/user.ts';
import type { Value } from '../../shared/domain/values/value.ts';
import { startBucket } from '../support/deployment/bucket.ts';
import { keyWith, send, startDeployment } from '../support/deployment/deployment.ts';
import { linkIn, startInbox } from '../support/deployment/inbox.ts';
import { partsOfExport, runExport, startMachines, withTime } from '../support/jobs/export-run.ts';

const BORN = Date.parse('2026-01-31T09:30:00.000Z');
const iso = (ms: number) => new Date(ms).toISOString();
const PEOPLE = 60;

let key: string;
let bucket: Awaited<ReturnType<typeof startBucket>>['bucket'];
let inbox: Awaited<ReturnType<typeof startInbox>>;
let machines: Awaited<ReturnType<typeof startMachines>>;
let schema: Schema;
const stops: (() => Promise<void>)[] = [];

async function born(n: number, properties: Record<string, Value>): Promise<Profile> {
  const id = ulid(BORN + n * 1000, entropyOf('exports.test', n));
  const birth = unborn({ id, signedUpAt: iso(BORN + n * 1000), now: iso(BORN), source: 'api' });
  const result = merged(birth, { properties }, { now: iso(BORN), schema });
  if (result.kind !== 'changed') throw new Error(result.kind);
  expect(await users.create(result.profile, schema, BORN)).toEqual({ kind: 'done' });
  return result.profile;
}

const everybody: Profile[] = [];

beforeAll(async () => {
  await startDeployment({ SEGMENT_WALK_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:segment-walk' });
  machines = await startMachines();
  inbox = await startInbox();
  const storage = await startBucket();
  bucket = storage.bucket;
  stops.push(inbox.stop, storage.stop);
  key = await keyWith('exports');
  schema = await schemas.fresh('user', BORN);
  for (let n = 0; n < PEOPLE; n += 1) {
    const city = n % 3 === 0 ? 'Paris' : 'Rome, or "Roma"';
    everybody.push(await born(n, { userId: `crm-${n}`, email: `p${n}@example.com`, firstName: '=1+1', city }));
  }
  // The order of the file: by shard, then by id.
  everybody.sort((a, b) => shardOf(a.id, 16) - shardOf(b.id, 16) || (a.id < b.id ? -1 : 1));
});
afterAll(() => Promise.all(stops.map((stop) => stop())));

const post = (body: unknown, headers: Record<string, string> = {}) =>
  send(create, 'POST /v1/exports', { key, body, headers });

async function exported(body: Record<string, unknown>) {
  const { body: job, status } = await post({ notify: [], ...body });
  expect(status).toBe(202);
  await runExport(String(job.id), bucket);
  const stored = await jobs.byId(String(job.id));
  const file = await bucket.get(stored?.files[0] ?? '');
  if (!stored || !file) throw new Error('the export left no file');
  return { job: stored, file };
}

const linesOf = (file: Buffer) => file.toString('utf8').replace('\ufeff', '').split('\r\n').slice(0, -1);
const idsOf = (file: Buffer) =>
  linesOf(file)
    .slice(1)
    .map((line) => line.slice(0, 26));

describe('asking for an export', () => {
  test('answers 202, where it is, and starts the workflow under the name of the job', async () => {
    const got = await post({ fields: ['email'], notify: [] });
    expect(got.status).toBe(202);
    expect(got.headers.location).toBe(`/v1/exports/${got.body.id}`);
    expect(got.body).toMatchObject({
      type: 'bulk-download',
      status: 'queued',
      input: {
        target: { all: true },
        options: { format: 'csv', profile: 'spreadsheet', compress: null, fields: ['email'] },
      },
      progress: { done: 0, total: null },
      counts: { users: 0 },
      downloads: [],
    });
    const started = machines.started.find(({ name }) => name === got.body.id);
    expect(JSON.parse(started?.input ?? '')).toEqual({ job: got.body.id });
    const read = await send(get, 'GET /v1/exports/{id}', { key, params: { id: String(got.body.id) } });
    expect(read.body).toEqual(got.body);
  });

  test('twice with one Idempotency-Key makes one job', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [first, second] = [await post({ notify: [] }, headers), await post({ notify: [] }, headers)];
    expect([second.status, second.headers['idempotency-replayed']]).toEqual([202, 'true']);
    expect(second.headers.location).toBe(first.headers.location);
    expect(second.body).toEqual(first.body);
  });

  test('reports every fault at once', async () => {
    const got = await post({
      segment: 'all',
      where: { field: 'nope', op: 'is', value: 'x' },
      users: ['x'],
      fields: ['email', 'nope'],
      notify: ['eve@elsewhere.org', 'ada@example.com'],
    });
    expect([got.status, got.body.code]).toEqual([400, 'invalid']);
    const errors = got.body.errors as { pointer: string; code: string }[];
    expect(errors.map(({ pointer, code }) => `${pointer.replace(/^\/where.*/, '/where')} ${code}`)).toEqual([
      '/where notAllowed',
      '/users notAllowed',
      expect.stringMatching(/^\/where /),
      '/fields/1 unknownField',
      '/notify/0 notAllowedRecipient',
    ]);
  });

  test.each([
    ['an unknown segment', { segment: 'seg_nope' }, 'unknownReference', '/segment'],
    ['an empty list', { users: [] }, 'required', '/users'],
    ['a list of 501', { users: Array.from({ length: 501 }, () => 'userId:x') }, 'tooMany', '/users'],
    ['an unknown format', { format: 'xlsx' }, 'notAllowed', '/format'],
    ['an unknown packing', { compress: 'zip' }, 'notAllowed', '/compress'],
    ['eleven addresses', { notify: Array.from({ length: 11 }, (_, n) => `a${n}@example.com`) }, 'tooMany', '/notify'],
    ['an unknown key', { colour: 'red' }, 'unknownKey', '/colour'],
  ])('%s is a 400', async (_name, body, code, pointer) => {
    const got = await post(body);
    expect([got.status, got.body.code]).toEqual([400, code]);
    expect(got.body.errors).toMatchObject([{ pointer, code }]);
  });

  test('needs the scope exports', async () => {
    const got = await send(create, 'POST /v1/exports', { key: await keyWith('imports'), body: {} });
    expect([got.status, got.body.code]).toEqual([403, 'missingScope']);
  });

  test('a log of another kind is no export', async () => {
    const got = await send(get, 'GET /v1/exports/{id}', { key, params: { id: 'imp_1' } });
    expect(got.status).toBe(404);
  });
});

describe('the file', () => {
  test('holds every user once, by shard and then by id, with one header', async () => {
    const { job, file } = await exported({});
    expect(file.subarray(0, 3)).toEqual(Buffer.from('\ufeff'));
    expect(linesOf(file)[0]).toMatch(/^id,userId,email,phone,anonymousId,firstName,lastName,.*,updatedAt,lastSeenAt$/);
    expect(idsOf(file)).toEqual(everybody.map(({ id }) => id));
    expect(job).toMatchObject({
      status: 'succeeded',
      progress: { done: PEOPLE, total: PEOPLE },
      counts: { users: PEOPLE },
      downloads: [{ name: 'users.csv', bytes: file.length }],
    });
    expect(Date.parse(job.downloads[0]?.expiresAt ?? '') - Date.parse(job.finishedAt ?? '')).toBe(7 * 86_400_000);
  });

  test('escapes formulas for spreadsheets, and has neither escapes nor BOM as data', async () => {
    const fields = ['firstName', 'city'];
    const forSpreadsheets = linesOf((await exported({ fields })).file);
    const data = (await exported({ fields, profile: 'data' })).file;
    expect(data.subarray(0, 3)).not.toEqual(Buffer.from('\ufeff'));
    expect(forSpreadsheets[0]).toBe('id,firstName,city');
    expect(forSpreadsheets.slice(1).every((line) => /^\w{26},'=1\+1,/.test(line))).toBe(true);
    expect(
      linesOf(data)
        .slice(1)
        .every((line) => /^\w{26},=1\+1,/.test(line)),
    ).toBe(true);
    expect(linesOf(data).filter((line) => line.endsWith(',"Rome, or ""Roma"""'))).toHaveLength(40);
  });

  test('as JSON lines holds the users that the API shows', async () => {
    const { job, file } = await exported({ format: 'jsonl' });
    const shown = file
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { revision: _revision, lists: _lists, lastRow: _lastRow, ...first } = everybody[0] ?? ({} as Profile);
    expect(shown).toHaveLength(PEOPLE);
    expect(shown[0]).toEqual(first);
    expect(job.downloads[0]?.name).toBe('users.jsonl');
  });

  test('is packed with gzip when asked, and then says so in its name', async () => {
    const { job, file } = await exported({ compress: 'gzip', profile: 'data', fields: ['email'] });
    const plain = (await exported({ profile: 'data', fields: ['email'] })).file;
    expect(gunzipSync(file)).toEqual(plain);
    expect(job.downloads[0]?.name).toBe('users.csv.gz');
    const empty = { field: 'city', op: 'is', value: 'Nowhere' };
    const nobody = await exported({ compress: 'gzip', format: 'jsonl', where: empty });
    expect([nobody.job.downloads[0]?.name, gunzipSync(nobody.file).length]).toEqual(['users.jsonl.gz', 0]);
  });

  test('holds those for whom a rule holds', async () => {
    const { job, file } = await exported({ where: { field: 'city', op: 'is', value: 'Paris' } });
    expect(idsOf(file)).toEqual(everybody.filter(({ properties }) => properties.city === 'Paris').map(({ id }) => id));
    expect(job.input).toMatchObject({ target: { where: { field: 'city', op: 'is', value: 'Paris' } } });
  });

  test('holds those for whom the rule of a segment holds whose members are not written down yet', async () => {
    const rule = { field: 'city', op: 'is', value: 'Paris' };
    const route = 'POST /v1/segments';
    const body = { name: 'New', kind: 'dynamic', rule };
    const made = await send(createSegment, route, { key: await keyWith('segments:write'), body });
    expect(made.body).toMatchObject({ state: 'evaluating' });
    const { job, file } = await exported({ segment: made.body.id });
    expect(idsOf(file)).toEqual(everybody.filter(({ properties }) => properties.city === 'Paris').map(({ id }) => id));
    expect(job).toMatchObject({ status: 'succeeded', input: { target: { segment: made.body.id } } });
  });

  test('has the users of a list once each, and the job counts those that were not found', async () => {
    const [first, second] = [everybody[3], everybody[7]];
    const refs = [
      `userId:${second?.properties.userId}`,
      `email:${first?.properties.email}`,
      first?.id,
      'email:no@x.io',
    ];
    const { job, file } = await exported({ users: refs });
    expect(idsOf(file)).toEqual([first?.id, second?.id]);
    expect(job.input).toMatchObject({ target: { users: 4 } });
    expect(job.warnings).toMatchObject([{ code: 'notFound', count: 1 }]);
  });

  test('leaves out users who were deleted in between, and has no user twice', async () => {
    const gone = await born(900, { userId: 'gone' });
    const { body } = await post({ notify: [] });
    const parts = await partsOfExport(String(body.id), bucket);
    for (const item of parts.slice(0, 8)) await writePart(item, withTime(900_000));
    await users.remove(gone, schema);
    for (const item of parts) await writePart(item, withTime(900_000));
    await finish({ job: body.id }, withTime(900_000));
    const file = await bucket.get(`jobs/exports/${body.id}/users.csv`);
    const ids = file ? idsOf(file) : [];
    const expected = everybody.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id !== gone.id)).toEqual(expected);
  });
});

describe('an export that is disturbed', () => {
  test('shows how far it has come while it runs', async () => {
    const { body } = await post({ notify: [] });
    const parts = await partsOfExport(String(body.id), bucket);
    const [one] = parts;
    await writePart(one, withTime(900_000));
    const read = await send(get, 'GET /v1/exports/{id}', { key, params: { id: String(body.id) } });
    const users = everybody.filter(({ id }) => shardOf(id, 16) === 0).length;
    expect(read.body).toMatchObject({ status: 'running', progress: { done: users, total: null }, counts: { users } });
  });

  test('comes to the same file when parts are repeated and a dead run left a piece behind', async () => {
    const undisturbed = (await exported({ profile: 'data' })).file;
    const { body } = await post({ profile: 'data', notify: [] });
    const id = String(body.id);
    const parts = await partsOfExport(id, bucket);
    await bucket.put(`work/${id}/part-1/piece-00001-dead`, 'half a line of a run that was killed');
    for (const item of [...parts, ...parts.toReversed()]) await writePart(item, withTime(900_000));
    await partsOfExport(id, bucket);
    await finish({ job: id }, withTime(900_000));
    await finish({ job: id }, withTime(900_000));
    expect(await bucket.get(`jobs/exports/${id}/users.csv`)).toEqual(undisturbed);
  });

  test('with a part that never ended has no file', async () => {
    const { body } = await post({ notify: [] });
    const parts = await partsOfExport(String(body.id), bucket);
    for (const item of parts.slice(1)) await writePart(item, withTime(900_000));
    await expect(finish({ job: body.id }, withTime(900_000))).rejects.toThrow();
    expect((await jobs.byId(String(body.id)))?.status).toBe('running');
  });
});

describe('the mail', () => {
  test('goes to each address once, with a link of its own, and the job removes notified addresses', async () => {
    const { job } = await exported({ notify: ['one@example.com', 'two@example.com'] });
    const mails = (await inbox.mails()).filter(({ body }) => body.text.includes(job.id));
    expect(mails.flatMap(({ destination }) => destination.to)).toEqual(['one@example.com', 'two@example.com']);
    expect(new Set(mails.map((mail) => linkIn(mail, 'users.csv'))).size).toBe(2);
    expect((await jobs.byId(job.id))?.notify).toEqual([]);
    await finish({ job: job.id }, withTime(900_000));
    expect((await inbox.mails()).filter(({ body }) => body.text.includes(job.id))).toHaveLength(2);
  });

  test('goes to the address of the key when nothing is said, and names no user', async () => {
    const { body } = await post({});
    await runExport(String(body.id), bucket);
    const mail = (await inbox.mails()).find(({ body: { text } }) => text.includes(String(body.id)));
    expect(mail?.destination.to).toEqual(['owner@example.com']);
    expect(JSON.stringify(mail?.body)).not.toContain('crm-');
  });

  test('that cannot be sent leaves the job done, with a warning, and is sent later', async () => {
    const { AWS_ENDPOINT_URL_SES: _inbox, ALLOWED_RECIPIENTS = '' } = process.env;
    const { body } = await post({ notify: ['late@example.com'] });
    process.env.ALLOWED_RECIPIENTS = '';
    await runExport(String(body.id), bucket);
    const unsent = await jobs.byId(String(body.id));
    expect(unsent).toMatchObject({ status: 'succeeded', notify: ['late@example.com'] });
    expect(unsent?.warnings).toMatchObject([{ code: 'mailNotSent', count: 1 }]);
    process.env.ALLOWED_RECIPIENTS = ALLOWED_RECIPIENTS;
    await finish({ job: body.id }, withTime(900_000));
    expect(await jobs.byId(String(body.id))).toMatchObject({ notify: [], warnings: [] });
  });
});
