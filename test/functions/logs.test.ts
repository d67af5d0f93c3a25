import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { handler as open } from '../../functions/links/open.ts';
import { handler as createLink } from '../../functions/logs/create-link.ts';
import { handler as get } from '../../functions/logs/get.ts';
import { handler as list } from '../../functions/logs/list.ts';
import { handler as revoke } from '../../functions/logs/revoke-links.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import * as links from '../../shared/data/jobs/links.ts';
import type { JobStatus, JobType, StoredJob } from '../../shared/domain/jobs/job.ts';
import { hashOfToken, LINK_LIFE, makeLink } from '../../shared/domain/jobs/link.ts';
import type { KeyScope } from '../../shared/domain/keys/api-key.ts';
import { startBucket } from '../support/deployment/bucket.ts';
import { keyWith, type Sent, send, startDeployment } from '../support/deployment/deployment.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const HOUR = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();

let key: string;
let bucket: Awaited<ReturnType<typeof startBucket>>['bucket'];
let stop: () => Promise<void>;

const PREFIXES = { 'csv-import': 'imp', 'bulk-download': 'exp', 'bulk-delete': 'del' } as const;

function jobWith(n: number, type: JobType, status: JobStatus, more: Partial<StoredJob> = {}): StoredJob {
  const imported = { rows: 0, imported: 0, merged: 0, unchanged: 0, skipped: 0, failed: 0 };
  return {
    id: `${PREFIXES[type]}_${String(n).padStart(3, '0')}`,
    type,
    status,
    input: { target: { all: true }, options: {} },
    progress: { done: 0, total: null },
    counts: type === 'csv-import' ? imported : { users: 0 },
    warnings: [],
    failure: null,
    createdBy: 'key_1',
    createdAt: iso(START + n * HOUR),
    startedAt: status === 'queued' ? null : iso(START + n * HOUR),
    finishedAt: null,
    downloads: [],
    source: null,
    files: [],
    notify: ['secret@example.com'],
    linksRevokedAt: null,
    ...more,
  };
}

/** An export that has ended and left a file, which is kept until `until`. */
async function finished(n: number, until = Date.now() + 24 * HOUR): Promise<StoredJob> {
  const downloads = [{ name: 'users.csv', bytes: 5, expiresAt: iso(until) }];
  const job = jobWith(n, 'bulk-download', 'succeeded', { downloads, files: [`jobs/exports/${n}/users.csv`] });
  await bucket.put(`jobs/exports/${n}/users.csv`, 'id\r\n1', { contentType: 'text/csv' });
  await jobs.create(job);
  return job;
}

beforeAll(async () => {
  await startDeployment({ TIME_ZONE: 'Asia/Kolkata' });
  ({ bucket, stop } = await startBucket());
  key = await keyWith('imports', 'exports', 'deletions');
  const types: JobType[] = ['csv-import', 'bulk-download', 'bulk-delete'];
  for (let n = 0; n < 90; n += 1) {
    await jobs.create(jobWith(n, types[n % 3] ?? 'csv-import', n % 2 ? 'succeeded' : 'queued'));
  }
});
afterAll(() => stop());

const page = (query: string, more: Sent = {}) => send(list, 'GET /v1/logs', { key, query, ...more });
const ids = (body: Record<string, unknown>) => (body.data as { id: string }[]).map(({ id }) => id);

async function all(query: string, as = key): Promise<string[]> {
  const found: string[] = [];
  for (let cursor = ''; ; ) {
    const { body, status } = await page(`${query}${cursor && `&cursor=${cursor}`}`, { key: as });
    expect(status).toBe(200);
    found.push(...ids(body));
    if (body.nextCursor === null) return found;
    cursor = encodeURIComponent(String(body.nextCursor));
  }
}

describe('the logs', () => {
  test('list every job once, newest first, page by page', async () => {
    const found = await all('limit=7');
    expect(found).toHaveLength(90);
    expect(new Set(found).size).toBe(90);
    const numbers = found.map((id) => Number(id.slice(4)));
    expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  });

  test('are narrowed by type and status', async () => {
    expect(await all('type=csv-import&limit=4')).toHaveLength(30);
    expect((await all('type=bulk-delete&status=succeeded')).every((id) => id.startsWith('del'))).toBe(true);
    expect(await all('status=failed')).toEqual([]);
  });

  test('take instants with both ends included, and days of the deployment’s time zone', async () => {
    expect(await all(`from=${iso(START + 3 * HOUR)}&to=${iso(START + 5 * HOUR)}`)).toEqual([
      'del_005',
      'exp_004',
      'imp_003',
    ]);
    // The second of January in Kolkata lasts from 18:30 on the first to 18:30 on the second in UTC.
    const day = (await all('from=2026-01-02&to=2026-01-02&limit=100')).map((id) => Number(id.slice(4)));
    expect([day.length, Math.max(...day), Math.min(...day)]).toEqual([24, 42, 19]);
    expect(await all('from=2026-01-03&to=2026-01-02')).toEqual([]);
  });

  test('show a key only what its scopes open', async () => {
    const exporter = await keyWith('exports');
    expect((await all('limit=9', exporter)).every((id) => id.startsWith('exp'))).toBe(true);
    expect(await all('type=csv-import', exporter)).toEqual([]);
    const read = (id: string) => send(get, 'GET /v1/logs/{id}', { key: exporter, params: { id } });
    expect([(await read('exp_001')).status, (await read('imp_000')).status]).toEqual([200, 404]);
    const nobody = await page('', { key: await keyWith('users:read') });
    expect([nobody.status, nobody.body.code]).toEqual([403, 'missingScope']);
    expect(await all('', await keyWith('owner'))).toHaveLength(90);
  });

  test.each([
    ['type=nope', 'type'],
    ['status=nope', 'status'],
    ['from=yesterday', 'from'],
    ['to=2026-02-30', 'to'],
    ['limit=0', 'limit'],
    ['colour=red', 'colour'],
    ['cursor=nope', 'cursor'],
  ])('%s is a 400 that names the parameter', async (query, parameter) => {
    const got = await page(query);
    expect(got.status).toBe(400);
    expect(got.body.errors).toMatchObject([{ parameter }]);
  });

  test('hide the addresses that a job notifies, and the keys of its files', async () => {
    const { body } = await send(get, 'GET /v1/logs/{id}', { key, params: { id: 'exp_001' } });
    expect(JSON.stringify(body)).not.toContain('secret@example.com');
    expect(body).not.toHaveProperty('files');
  });

  test('sum the progress of a running import over its parts', async () => {
    await jobs.create(jobWith(200, 'csv-import', 'running'));
    const counts = { rows: 10, imported: 8, failed: 2 };
    await jobs.savePart('imp_200', { part: 1, finished: true, state: { done: 10, counts } }, START);
    const second = { done: 5, counts: { rows: 5, merged: 5 } };
    await jobs.savePart('imp_200', { part: 2, finished: false, state: second }, START);
    const { body } = await send(get, 'GET /v1/logs/{id}', { key, params: { id: 'imp_200' } });
    expect(body).toMatchObject({
      progress: { done: 15, total: null },
      counts: { rows: 15, imported: 8, merged: 5, unchanged: 0, skipped: 0, failed: 2 },
    });
  });

  test('end a page early before it is too large for an answer', async () => {
    const options = { mapping: { x: 'y'.repeat(300_000) } };
    const far = 100_000;
    for (let n = 0; n < 20; n += 1) {
      const input = { fileName: 'x.csv', bytes: 1, key: 'imports/x.csv', options };
      await jobs.create(jobWith(far + n, 'csv-import', 'succeeded', { input }));
    }
    const { body } = await page(`from=${iso(START + far * HOUR)}&limit=100`);
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(4.5 * 1024 * 1024);
    expect(ids(body)).toHaveLength(13);
    expect(await all(`from=${iso(START + far * HOUR)}&limit=100`)).toHaveLength(20);
  });
});

const make = (id: string, name: string, more: Sent = {}) =>
  send(createLink, 'POST /v1/logs/{id}/links', { key, params: { id }, body: { name }, ...more });
const follow = (url: unknown, more: Sent = {}, method = 'GET') =>
  send(open, `${method} /d/{token}`, { params: { token: String(url).split('/d/')[1] ?? '' }, ...more });

describe('a link', () => {
  test('redirects to the file by an address that is valid for a minute, and is not cached', async () => {
    const { id } = await finished(300);
    const made = await make(id, 'users.csv');
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      url: expect.stringMatching(/^https:\/\/roster\.example\.com\/d\/[\w-]{43}$/),
      name: 'users.csv',
      expiresAt: expect.any(String),
    });
    expect(Math.abs(Date.parse(String(made.body.expiresAt)) - Date.now() - LINK_LIFE)).toBeLessThan(60_000);
    const got = await follow(made.body.url);
    expect(got).toMatchObject({
      status: 302,
      headers: { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    });
    const target = new URL(String(got.headers.location));
    expect(target.searchParams.get('X-Amz-Expires')).toBe('60');
    const file = await fetch(target);
    expect([file.status, file.headers.get('content-type'), await file.text()]).toEqual([200, 'text/csv', 'id\r\n1']);
  });

  test('counts its clicks, but no HEAD', async () => {
    const { id } = await finished(301);
    const { url } = (await make(id, 'users.csv')).body;
    expect((await follow(url, {}, 'HEAD')).status).toBe(200);
    await follow(url);
    // Programs that watch over mails add parameters, also one of them twice.
    expect((await follow(url, { query: 'utm=1&utm=2' })).status).toBe(302);
    const hash = hashOfToken(String(url).split('/d/')[1] ?? '') ?? '';
    expect((await links.byHash(hash))?.clicks).toBe(2);
  });

  test('that never existed is a 404, also when its token is malformed', async () => {
    for (const token of ['a'.repeat(43), 'x', '..']) {
      const got = await follow(`/d/${token}`);
      expect([got.status, got.body.code]).toEqual([404, 'notFound']);
    }
  });

  test('expires on time', async () => {
    const { id } = await finished(302);
    const { token, link } = makeLink(
      { job: id, name: 'users.csv' },
      new Uint8Array(32).fill(9),
      Date.now() - LINK_LIFE,
    );
    await links.create(link);
    const got = await follow(`/d/${token}`);
    expect([got.status, got.body.code]).toEqual([410, 'gone']);
    expect(got.headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  });

  test('is revoked with all others of its job, and a new one works', async () => {
    const { id } = await finished(303);
    const [first, second] = [(await make(id, 'users.csv')).body.url, (await make(id, 'users.csv')).body.url];
    const other = (await make((await finished(304)).id, 'users.csv')).body.url;
    const gone = await send(revoke, 'DELETE /v1/logs/{id}/links', { key, params: { id } });
    expect(gone.status).toBe(204);
    expect([(await follow(first)).status, (await follow(second)).status]).toEqual([410, 410]);
    expect((await follow(other)).status).toBe(302);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1 });
    const later = (await make(id, 'users.csv')).body.url;
    vi.useRealTimers();
    expect((await follow(later)).status).toBe(302);
  });

  test('to a file that is not kept any more is a 410', async () => {
    const { id } = await finished(305);
    const { url } = (await make(id, 'users.csv')).body;
    const { id: late } = await finished(306, Date.now() - 1);
    const vanished = await jobs.byId(id);
    if (vanished) await jobs.replace({ ...vanished, files: ['jobs/exports/nowhere/users.csv'] }, 'succeeded');
    expect((await follow(url)).status).toBe(410);
    expect([(await make(id, 'users.csv')).body.code, (await make(late, 'users.csv')).body.code]).toEqual([
      'gone',
      'gone',
    ]);
  });

  test('that opens nothing shows a browser a page that says what to do', async () => {
    const got = await follow(`/d/${'a'.repeat(43)}`, { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect([got.status, got.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(String(got.body.text)).toMatch(/<html lang="en">[\s\S]*<h1>This link is not known<\/h1>/);
  });

  test('is made only to a file that an ended job has', async () => {
    const { id } = await finished(307);
    const unknown = await make(id, 'nope.csv');
    expect([unknown.status, unknown.body.errors]).toMatchObject([
      400,
      [{ pointer: '/name', code: 'unknownReference' }],
    ]);
    await jobs.create(jobWith(308, 'bulk-download', 'running'));
    expect((await make('exp_308', 'users.csv')).body.code).toBe('notFinished');
    expect((await make('exp_999', 'users.csv')).status).toBe(404);
    expect((await make(id, 'users.csv', { body: { name: 5 } })).body.code).toBe('wrongType');
    for (const scopes of [['imports'], ['deletions']] satisfies KeyScope[][]) {
      expect((await make(id, 'users.csv', { key: await keyWith(...scopes) })).status).toBe(404);
    }
  });

  test('is shown once: a repeated call makes no other, and shows none', async () => {
    const { id } = await finished(309);
    const headers = { 'idempotency-key': 'a-link' };
    const first = await make(id, 'users.csv', { headers });
    const again = await make(id, 'users.csv', { headers });
    expect(again.status).toBe(201);
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true', location: first.headers.location });
    expect(again.body).toEqual({ ...first.body, url: null });
    expect((await follow(first.body.url)).status).toBe(302);
  });
});
