import { gunzipSync } from 'node:zlib';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as links from '../../shared/data/jobs/links.ts';
import { connect, connected } from '../../shared/data/table/client.ts';
import { LINK_LIFE, makeLink } from '../../shared/domain/jobs/link.ts';
import { linkIn, mailsAt } from '../support/deployment/inbox.ts';
import { legislators } from '../support/jobs/sample-files.ts';
import { clientOf, until } from '../support/stack/client.ts';
import { type RunningStack, startLocal } from '../support/stack/local.ts';

/** People with values that are hard to write to a CSV: formulas, quotes, new lines, lists, numbers. */
const AWKWARD = [
  { userId: '=cmd|1', email: 'awkward1@example.com', firstName: "'=1+1", lastName: '@home', bio: 'a "quoted"\nline' },
  { userId: '-42', firstName: "''=x", lastName: "'plain", score: -0.000012345, joined: '2026-01-31T09:30:00.123Z' },
  { email: 'awkward3@example.com', hobbies: ['a;b', 'c\\d', '=e', 'f,g'], score: 123456789012345, alarm: '07:30:00' },
  {
    phone: '+14155550199',
    firstName: '\ttabbed',
    city: 'Łódź',
    bio: '- a dash\n+ a plus',
    site: 'https://a.example/?q="1",2',
  },
];
const DECLARED = { bio: 'longText', score: 'number', joined: 'datetime', hobbies: 'list', alarm: 'time', site: 'url' };

let stack: RunningStack;
let call: ReturnType<typeof clientOf>;

beforeAll(async () => {
  stack = await startLocal();
  call = clientOf(stack);
  for (const [key, type] of Object.entries(DECLARED)) await call('POST /v1/properties', { key, type });
  const { counts } = await imported('legislators.csv', legislators, { 'default-country': 'US' });
  expect(counts).toMatchObject({ rows: 537, imported: 537 });
  for (const [n, properties] of AWKWARD.entries()) {
    const made = await call('POST /v1/users', { properties, tags: ['vip', `=tag ${n}`], companies: ['acme', '+co'] });
    expect(made.status).toBe(201);
  }
});
afterAll(() => stack?.stop());

/** Drops a file and waits for the end of its import. */
async function imported(name: string, body: Uint8Array, metadata: Record<string, string> = {}) {
  const Key = `imports/${name}`;
  await stack.bucket.send(new PutObjectCommand({ Bucket: stack.s3.bucket, Key, Body: body, Metadata: metadata }));
  return until(async () => {
    const { body: logs } = await call('GET /v1/logs?type=csv-import');
    return logs.data.find(
      (job: { input: { key: string }; finishedAt: string | null }) => job.input.key === Key && job.finishedAt,
    );
  });
}

/** Asks for an export and waits for its mail. */
async function exported(body: Record<string, unknown>) {
  const asked = await call('POST /v1/exports', body);
  expect(asked.status).toBe(202);
  const { id } = asked.body;
  const mail = await until(async () => (await mailsAt(stack.mail)).find(({ body: { text } }) => text.includes(id)));
  const job = (await call(`GET /v1/exports/${id}`)).body;
  const url = linkIn(mail, job.downloads[0].name);
  return { job, mail, url, file: Buffer.from(await (await fetch(url)).arrayBuffer()) };
}

describe('an export', () => {
  test('comes by mail as a link to a file with every user', async () => {
    const { job, mail, url, file } = await exported({});
    expect(mail).toMatchObject({ destination: { to: ['owner@example.com'] }, subject: 'Export ready: 541 users' });
    expect(url).toMatch(new RegExp(`^${stack.api}/d/[\\w-]{43}$`));
    expect(job).toMatchObject({
      status: 'succeeded',
      counts: { users: 541 },
      downloads: [{ name: 'users.csv', bytes: file.length }],
    });
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="users.csv"');
    expect(new Set(file.toString('utf8').match(/^\ufeff?[0-9A-Z]{26}(?=,)/gm)).size).toBe(541);
  });

  test.each(['spreadsheet', 'data'])('promise 6: as %s, imported again, changes nothing', async (profile) => {
    const { file } = await exported({ profile });
    const job = await imported(`again-${profile}.csv`, file);
    expect(job).toMatchObject({
      status: 'succeeded',
      counts: { rows: 541, unchanged: 541 },
      warnings: expect.any(Array),
    });
    const after = await exported({ profile });
    expect(after.file.equals(file)).toBe(true);
  });

  test('of a segment, with gzip, has its members and no other user', async () => {
    const rule = { field: 'state', op: 'is', value: 'CA' };
    const { body: segment } = await call('POST /v1/segments', { name: 'California', kind: 'dynamic', rule });
    await until(async () => (await call(`GET /v1/segments/${segment.id}`)).body.state === 'ready');
    const { file, job } = await exported({ segment: segment.id, format: 'jsonl', compress: 'gzip', fields: ['state'] });
    const lines = gunzipSync(file).toString('utf8').trimEnd().split('\n');
    const byRule = (await exported({ where: rule })).job;
    expect(lines.length).toBeGreaterThan(40);
    expect(lines.length).toBe(byRule.counts.users);
    expect(lines.every((line) => JSON.parse(line).properties.state === 'CA')).toBe(true);
    expect(job.downloads[0].name).toBe('users.jsonl.gz');
  });
});

describe('promise 7: a link expires on time, and is revoked at once', () => {
  test('a link that is revoked leads nowhere, and a new one does', async () => {
    const { job, url } = await exported({ users: ['email:awkward1@example.com'] });
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(302);
    expect((await call(`DELETE /v1/logs/${job.id}/links`)).status).toBe(204);
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(410);
    const made = await call(`POST /v1/logs/${job.id}/links`, { name: 'users.csv' });
    expect(made.status).toBe(201);
    expect((await fetch(made.body.url)).status).toBe(200);
  });

  test('a link of 72 hours ago has expired', async () => {
    const { job } = await exported({ users: ['email:awkward1@example.com'] });
    connectTo(stack);
    const file = { job: job.id, name: 'users.csv' };
    const old = makeLink(file, new Uint8Array(32).fill(1), Date.now() - LINK_LIFE);
    const young = makeLink(file, new Uint8Array(32).fill(2), Date.now() - LINK_LIFE + 60_000);
    for (const { link } of [old, young]) await links.create(link);
    const statusOf = async ({ token }: { token: string }) =>
      (await fetch(`${stack.api}/d/${token}`, { redirect: 'manual' })).status;
    expect([await statusOf(old), await statusOf(young)]).toEqual([410, 302]);
  });
});

describe('promise 8: what was erased is at once in no read by reference, and seconds later in no list, segment or export', () => {
  test('a deleted user leaves nothing that names it', async () => {
    const properties = { userId: 'erased', email: 'erased@example.com', phone: '+14155550111', city: 'Gotham' };
    const { id } = (await call('POST /v1/users', { properties })).body;
    const rule = { field: 'city', op: 'is', value: 'Gotham' };
    const filled = [
      (await call('POST /v1/segments', { name: 'Gotham', kind: 'dynamic', rule })).body,
      (await call('POST /v1/segments', { name: 'By hand', kind: 'manual', members: [id] })).body,
    ];
    const idsAt = async (path: string) =>
      (await call(`GET ${path}`)).body.data.map((user: { id: string }) => user.id) as string[];
    for (const segment of filled)
      await until(async () => (await idsAt(`/v1/segments/${segment.id}/users`)).includes(id));

    expect((await call(`DELETE /v1/users/${id}`)).status).toBe(204);
    for (const ref of [id, 'userId:erased', 'email:erased@example.com', 'phone:%2B14155550111']) {
      expect((await call(`GET /v1/users/${ref}`)).status).toBe(404);
    }
    for (const path of ['/v1/users', ...filled.map((segment) => `/v1/segments/${segment.id}/users`)]) {
      await until(async () => !(await idsAt(path)).includes(id));
    }
    expect((await exported({})).file.toString('utf8')).not.toContain('erased');
    for (const segment of filled) expect((await exported({ segment: segment.id })).job.counts.users).toBe(0);
    connectTo(stack);
    await until(async () => !(await itemsNaming(id)).length);
  });
});

/** All items of the table that hold a text anywhere. */
async function itemsNaming(text: string): Promise<readonly unknown[]> {
  const { client, table } = connected();
  const found: unknown[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true })) {
    found.push(...Items.filter((item) => JSON.stringify(item).includes(text)));
  }
  return found;
}

/** Points the data room of this test at the table of the stack. */
function connectTo({ dynamodb, s3 }: RunningStack): void {
  const { accessKeyId, secretAccessKey, region } = s3;
  const client = new DynamoDBClient({
    endpoint: dynamodb.endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
  });
  connect({ client, table: dynamodb.table, secret: '', shards: 16, onUnreadable: () => {} });
}
