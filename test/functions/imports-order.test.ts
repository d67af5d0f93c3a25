import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { handler as applyPart } from '../../functions/imports/apply-part.ts';
import { handler as applyRepeats } from '../../functions/imports/apply-repeats.ts';
import { handler as finish } from '../../functions/imports/finish.ts';
import { handler as fail } from '../../functions/jobs/fail.ts';
import { failJob } from '../../shared/app/jobs/fail.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import { connected } from '../../shared/data/table/client.ts';
import * as users from '../../shared/data/users/users.ts';
import { IMPORTS } from '../../shared/domain/imports/drop.ts';
import type { StoredJob } from '../../shared/domain/jobs/job.ts';
import { s3 } from '../../shared/runtime/clients.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import { withTime } from '../support/jobs/export-run.ts';
import {
  countsOf,
  downloadOf,
  drop,
  imported,
  jobOf,
  partsOfImport,
  runImport,
  startImports,
} from '../support/jobs/import-run.ts';

let bucket: Bucket;
let around: Awaited<ReturnType<typeof startImports>>;

beforeAll(async () => {
  around = await startImports();
  ({ bucket } = around);
});
afterAll(() => around.stop());
afterEach(() => vi.restoreAllMocks());

const byUserId = async (value: string) => (await users.byIdentifier({ field: 'userId', value }))?.properties;

/** The verdicts in a log, by line. */
async function verdictsOf(job: Parameters<typeof downloadOf>[1]): Promise<readonly string[]> {
  const log = await downloadOf(bucket, job, 'import-log.csv');
  return log
    .split('\r\n')
    .slice(1, -1)
    .map((line) => line.split(',').slice(0, 2).join(' '));
}

test('rows of one user are applied in the order of the file, through whichever identifier they name it', async () => {
  const job = await imported(
    bucket,
    [
      'userId,email,phone,city',
      'o-1,o1@example.com,,Rome',
      'o-2,o2@example.com,,Oslo',
      'o-1,,+14155550111,Paris',
      ',,+14155550111,Berlin',
      'o-1,o2@example.com,,Nowhere',
      'o-3,o3@example.com,,Lima',
      'o-1,,,Berlin',
      ',o1@example.com,,Madrid',
    ].join('\n'),
  );
  expect(await verdictsOf(job)).toEqual([
    '2 IMPORTED',
    '3 IMPORTED',
    '4 MERGED',
    '5 MERGED',
    '6 FAILED',
    '7 IMPORTED',
    '8 UNCHANGED',
    '9 MERGED',
  ]);
  expect(countsOf(job)).toEqual({ rows: 8, imported: 3, merged: 3, unchanged: 1, failed: 1 });
  expect(await byUserId('o-1')).toMatchObject({ email: 'o1@example.com', phone: '+14155550111', city: 'Madrid' });
  expect(await byUserId('o-2')).toMatchObject({ city: 'Oslo' });
});

test('rows that reach one known user through different identifiers are noticed', async () => {
  await imported(bucket, 'userId,email,city\nk-1,k1@example.com,Rome\n');
  const rows = Array.from({ length: 600 }, (_, n) => `,filler${n}@example.com,X`);
  const file = ['userId,email,city', 'k-1,,Early', ...rows, ',k1@example.com,Late'].join('\n');
  const id = await drop(bucket, `${IMPORTS}noticed.csv`, { body: file });
  const [part] = (await partsOfImport(bucket, id)) ?? [];
  // The part dies after all of it was applied: it is applied again, and finds the later line on the user of the earlier.
  await expect(
    applyPart({ job: id, part: part?.part ?? 0 }, { getRemainingTimeInMillis: () => 900_000 }),
  ).resolves.toEqual({ done: true });
  expect(await byUserId('k-1')).toMatchObject({ city: 'Late' });
});

/** Lets so many calls to the table through, then fails all: as when a process dies. */
function dieAfter(calls: number): void {
  const { client } = connected();
  const send = client.send.bind(client);
  let left = calls;
  vi.spyOn(client, 'send').mockImplementation((...call: unknown[]) => {
    left -= 1;
    if (left < 0) return Promise.reject(new Error('died'));
    return (send as (...args: unknown[]) => Promise<unknown>)(...call);
  });
}

test.each([4, 8, 10, 12, 16, 24])(
  'a part that dies after %i calls and runs again keeps its verdicts',
  async (calls) => {
    const [old, fresh] = [`d${calls}-known`, `d${calls}-new`];
    const header = 'userId,email,city';
    const known = Array.from({ length: 30 }, (_, n) => `${old}-${n},${old}-${n}@example.com,Rome`);
    await imported(bucket, [header, ...known].join('\n'));
    const rows = [
      ...Array.from({ length: 10 }, (_, n) => `${old}-${n},${old}-${n}@example.com,Paris`),
      ...Array.from({ length: 10 }, (_, n) => `${old}-${n + 10},${old}-${n + 10}@example.com,Rome`),
      ...Array.from({ length: 5 }, (_, n) => `${old}-${n + 20},${old}-moved-${n}@example.com,Rome`),
      ...Array.from({ length: 60 }, (_, n) => `${fresh}-${n},${fresh}-${n}@example.com,Oslo`),
      `${fresh}-0,,Lima`,
    ];
    const id = await drop(bucket, `${IMPORTS}dies-${calls}.csv`, { body: [header, ...rows].join('\n') });
    await partsOfImport(bucket, id);
    dieAfter(calls);
    const died = await applyPart({ job: id, part: 0 }, withTime(900_000)).catch(() => 'died');
    vi.restoreAllMocks();
    const job = await runImport(bucket, id);
    expect(countsOf(job)).toEqual({ rows: 86, imported: 60, merged: 16, unchanged: 10 });
    expect(job.status).toBe('succeeded');
    if (calls < 8) expect(died).toBe('died');
    expect(await byUserId(`${fresh}-0`)).toMatchObject({ city: 'Lima' });
  },
);

test('a part stops when its time is over, and goes on where it stood', async () => {
  const rows = Array.from({ length: 1_200 }, (_, n) => `t-${n},Rome`);
  // One user has more rows than one batch applies.
  const repeats = Array.from({ length: 120 }, (_, n) => `t-7,Oslo ${n}`);
  const id = await drop(bucket, `${IMPORTS}slow.csv`, { body: ['userId,city', ...rows, ...repeats].join('\n') });
  await partsOfImport(bucket, id);
  expect(await applyPart({ job: id, part: 0 }, withTime(1_000))).toEqual({ done: false });
  expect(await applyPart({ job: id, part: 0 }, withTime(1_000))).toEqual({ done: false });
  expect(await applyPart({ job: id, part: 0 }, withTime(1_000))).toEqual({ done: true });
  expect(await applyRepeats({ job: id }, withTime(1_000))).toEqual({ done: false });
  expect(await applyRepeats({ job: id }, withTime(1_000))).toEqual({ done: true });
  await finish({ job: id }, withTime(1_000));
  const job = await jobOf(id);
  expect(countsOf(job)).toEqual({ rows: 1_320, imported: 1_200, merged: 120 });
  const lines = (await verdictsOf(job)).map((line) => Number(line.split(' ')[0]));
  expect(lines).toEqual(Array.from({ length: 1_320 }, (_, n) => n + 2));
  expect(await byUserId('t-7')).toMatchObject({ city: 'Oslo 119' });
});

/**
 * A Lambda with fifteen minutes, of which every call to the table takes some: so many milliseconds for the first calls,
 * ten times as much for the others.
 */
function slowTable(ms: number, firstCalls: number) {
  const { client } = connected();
  const send = client.send.bind(client);
  let left = 900_000;
  let calls = 0;
  vi.spyOn(client, 'send').mockImplementation((...call: unknown[]) => {
    calls += 1;
    left -= calls > firstCalls ? ms * 10 : ms;
    return (send as (...args: unknown[]) => Promise<unknown>)(...call);
  });
  return { context: { getRemainingTimeInMillis: () => left }, left: () => left };
}

test('a part leaves its position before its time is over, also when the table becomes ten times slower', async () => {
  const rows = Array.from({ length: 2_600 }, (_, n) => `slow-${n},Rome`);
  const id = await drop(bucket, `${IMPORTS}slower.csv`, { body: ['userId,city', ...rows].join('\n') });
  await partsOfImport(bucket, id);
  const runs: number[] = [];
  for (let done = false; !done; ) {
    // The first batch takes some fifty calls: 50 seconds, and each of those behind it 500.
    const slow = slowTable(1_000, 50);
    ({ done } = await applyPart({ job: id, part: 0 }, slow.context));
    runs.push(slow.left());
    vi.restoreAllMocks();
  }
  expect(runs.length).toBeGreaterThan(1);
  for (const left of runs) expect(left).toBeGreaterThan(0);
  await applyRepeats({ job: id }, withTime(900_000));
  await finish({ job: id }, withTime(900_000));
  expect(countsOf(await jobOf(id))).toEqual({ rows: 2_600, imported: 2_600 });
});

test('a late run of a part beside the one that took it up takes nothing from it', async () => {
  const rows = Array.from({ length: 600 }, (_, n) => `late-${n},Rome`);
  const id = await drop(bucket, `${IMPORTS}late.csv`, { body: ['userId,city', ...rows, 'late-3,Oslo'].join('\n') });
  await partsOfImport(bucket, id);
  // The first run stands still before it writes its piece, until the second has finished the part.
  let goOn = () => {};
  const stands = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const send = s3().send.bind(s3());
  let isFirst = true;
  vi.spyOn(s3(), 'send').mockImplementation(async (...call: unknown[]) => {
    if (isFirst && call[0] instanceof PutObjectCommand) {
      isFirst = false;
      await stands;
    }
    return (send as (...args: unknown[]) => Promise<unknown>)(...call);
  });
  const late = applyPart({ job: id, part: 0 }, withTime(900_000));
  await vi.waitFor(() => expect(isFirst).toBe(false), 20_000);
  expect(await applyPart({ job: id, part: 0 }, withTime(900_000))).toEqual({ done: true });
  const finished = await jobs.part(id, 0);
  goOn();
  await late;
  vi.restoreAllMocks();
  expect(await jobs.part(id, 0)).toEqual(finished);
  // Both have written a piece, and neither has touched the other's.
  const names: string[] = [];
  for await (const some of bucket.list(`work/${id}/log/`)) names.push(...some.map(({ key }) => key));
  expect(new Set(names).size).toBe(2);
  await applyRepeats({ job: id }, withTime(900_000));
  await finish({ job: id }, withTime(900_000));
  expect(countsOf(await jobOf(id))).toEqual({ rows: 601, imported: 600, merged: 1 });
});

test.each([20, 75, 131, 150])(
  'rows that wait, each for the one before it, keep their verdicts when their worker dies after %i calls',
  async (calls) => {
    // Each row moves the user's e-mail, so that each is a batch of its own: more of them than there are notes at once.
    const moves = Array.from({ length: 40 }, (_, n) => `w${calls}-1,w${calls}-${n}@example.com`);
    const id = await drop(bucket, `${IMPORTS}moves-${calls}.csv`, { body: ['userId,email', ...moves].join('\n') });
    await partsOfImport(bucket, id);
    await applyPart({ job: id, part: 0 }, withTime(900_000));
    dieAfter(calls);
    await expect(applyRepeats({ job: id }, withTime(900_000))).rejects.toThrow();
    vi.restoreAllMocks();
    const job = await runImport(bucket, id);
    expect(countsOf(job)).toEqual({ rows: 40, imported: 1, merged: 39 });
    expect((await verdictsOf(job)).at(-1)).toBe('41 MERGED');
    expect(await byUserId(`w${calls}-1`)).toMatchObject({ email: `w${calls}-39@example.com` });
  },
);

/** Denies every write of a user, as the table does when the role of a function lacks the permission. */
function denyWrites(isDenied: (call: string) => boolean = () => true): void {
  const { client } = connected();
  const send = client.send.bind(client);
  vi.spyOn(client, 'send').mockImplementation((...call: unknown[]) => {
    const [command] = call;
    const isWrite = /ExecuteStatement|TransactWrite/.test(String(command?.constructor.name));
    const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException', $fault: 'client' });
    if (isWrite && isDenied(JSON.stringify(command))) return Promise.reject(denied);
    return (send as (...args: unknown[]) => Promise<unknown>)(...call);
  });
}

/** Runs an import whose writes are denied as its workflow does: each part is tried, and finish runs all the same. */
async function importedWithDenial(
  name: string,
  file: string,
  isDenied?: (call: string) => boolean,
): Promise<{ readonly job: StoredJob; readonly applied: boolean }> {
  const id = await drop(bucket, `${IMPORTS}${name}`, { body: file });
  const parts = (await partsOfImport(bucket, id)) ?? [];
  denyWrites(isDenied);
  for (const part of parts) {
    await applyPart(part, withTime(900_000)).catch(({ name: error }) => expect(error).toBe('AccessDeniedException'));
  }
  vi.restoreAllMocks();
  await applyRepeats({ job: id }, withTime(900_000));
  const { applied } = await finish({ job: id }, withTime(900_000));
  expect(await finish({ job: id }, withTime(900_000))).toEqual({ job: id, applied });
  return { job: await jobOf(id), applied };
}

test('rows that could not be written are our fault: the job and its mail say so, and the run fails', async () => {
  const rows = Array.from({ length: 20 }, (_, n) => `n-${n},Rome`);
  const { job, applied } = await importedWithDenial('denied.csv', ['userId,city', ...rows].join('\n'));
  expect(applied).toBe(false);
  expect(job).toMatchObject({ status: 'failed', failure: { code: 'internal' } });
  expect(job.failure?.detail).toContain('nothing is wrong with them');
  expect(countsOf(job)).toEqual({ rows: 20, failed: 20 });
  const mail = (await around.mails()).at(-1);
  expect(mail?.subject).toBe('Import failed through a fault of Roster: 20 rows');
  expect(mail?.body.text).toContain('drop failed-rows.csv again as it is');
  expect(mail?.body.text).not.toMatch(/correct them|to correct/);
  const failedRows = await downloadOf(bucket, job, 'failed-rows.csv');
  expect(failedRows.split('\r\n')[1]).toMatch(/^n-0,Rome,2,"?notApplied: Nothing is wrong with this row/);
  expect(countsOf(await imported(bucket, failedRows))).toEqual({ rows: 20, imported: 20 });
});

test('of an import that we broke off in the middle, what was applied is kept, and each row says whose fault it is', async () => {
  const notes = Array.from({ length: 4 }, () => 'n'.repeat(250)).join();
  const rows = Array.from({ length: 5_000 }, (_, n) => `half-${n},${n === 4_999 ? '"Rome" x' : 'Rome'},${notes}`);
  rows[1] = ',Oslo,,,,';
  // The second part is denied.
  const { job, applied } = await importedWithDenial(
    'half.csv',
    ['userId,city,n1,n2,n3,n4', ...rows].join('\n'),
    (call) => call.includes('half-4998"'),
  );
  expect(applied).toBe(false);
  expect(job).toMatchObject({ status: 'partially-succeeded', failure: { code: 'internal' } });
  const { rows: all, imported: made, failed } = countsOf(job);
  expect(all).toBe(5_000);
  expect(made).toBeGreaterThan(3_000);
  expect((made ?? 0) + (failed ?? 0)).toBe(5_000);
  expect(job.failure?.detail).toContain(`Roster failed to apply ${(failed ?? 0) - 2} of 5000 rows`);
  expect(job.failure?.detail).toContain('The other rows in it have errors of their own');
  const mail = (await around.mails()).at(-1);
  expect(mail?.subject).toBe('Import incomplete through a fault of Roster: 5000 rows');
  const log = await verdictsOf(job);
  expect(log).toHaveLength(5_000);
  const failedRows = (await downloadOf(bucket, job, 'failed-rows.csv')).split('\r\n');
  expect(failedRows[1]).toContain('noIdentifier');
  expect(failedRows.at(-2)).toContain('malformedQuotes');
  expect(failedRows.filter((line) => line.includes('notApplied'))).toHaveLength((failed ?? 0) - 2);
});

test('a workflow that breaks off when every row has its verdict takes nothing from its job', async () => {
  const rows = Array.from({ length: 10 }, (_, n) => `w-${n},Rome`);
  const id = await drop(bucket, `${IMPORTS}broken.csv`, { body: ['userId,city', ...rows].join('\n') });
  await partsOfImport(bucket, id);
  await applyPart({ job: id, part: 0 }, withTime(900_000));
  await fail({ job: id, error: 'States.Timeout' }, withTime(900_000));
  const job = await jobOf(id);
  expect(job).toMatchObject({ status: 'succeeded', failure: null });
  expect(countsOf(job)).toEqual({ rows: 10, imported: 10 });
  expect(job.notify).toEqual([]);
});

test('a workflow that breaks off before its parts fails its job through our fault', async () => {
  const id = await drop(bucket, `${IMPORTS}broken-early.csv`, { body: 'userId,city\nearly,Rome\n' });
  await partsOfImport(bucket, id);
  await fail({ job: id, error: 'States.Timeout' }, withTime(900_000));
  const job = await jobOf(id);
  expect(job).toMatchObject({ status: 'failed', failure: { code: 'internal' } });
  expect(countsOf(job)).toEqual({ rows: 1, failed: 1 });
});

test('an outage while a broken workflow is ended leaves its job to the next try, which says what became of each row', async () => {
  const rows = Array.from({ length: 10 }, (_, n) => `outage-${n},Rome`);
  const id = await drop(bucket, `${IMPORTS}outage.csv`, { body: ['userId,city', ...rows].join('\n') });
  await partsOfImport(bucket, id);
  await applyPart({ job: id, part: 0 }, withTime(900_000));
  const outage = Object.assign(new Error(), { name: 'SlowDown', $fault: 'server' });
  const busy = { ...bucket, get: () => Promise.reject(outage) };
  await expect(failJob(busy, id, 'States.Timeout', Date.now())).rejects.toThrow(outage);
  expect((await jobOf(id)).status).toBe('running');
  const job = await failJob(bucket, id, 'States.Timeout', Date.now());
  expect(job).toMatchObject({ status: 'succeeded', failure: null });
  expect(countsOf(job)).toEqual({ rows: 10, imported: 10 });
});

test('the logs of many parts stand in the order of the file, and rows hundreds of thousands of bytes apart keep theirs', async () => {
  const notes = 'n'.repeat(240);
  const rows = Array.from({ length: 40_000 }, (_, n) => `wrong-${n},,${notes}`);
  rows[5] = `,far@example.com,first`;
  rows[20_000] = `,far@example.com,second`;
  rows[39_990] = `,far@example.com,third`;
  const job = await imported(bucket, ['phone,email,notes', ...rows].join('\n'));
  expect(countsOf(job)).toEqual({ rows: 40_000, imported: 1, merged: 2, failed: 39_997 });
  const verdicts = await verdictsOf(job);
  expect(verdicts.map((line) => Number(line.split(' ')[0]))).toEqual(rows.map((_, n) => n + 2));
  expect([verdicts[5], verdicts[20_000], verdicts[39_990]]).toEqual(['7 IMPORTED', '20002 MERGED', '39992 MERGED']);
  const failed = (await downloadOf(bucket, job, 'failed-rows.csv')).split('\r\n').slice(1, -1);
  expect(failed.map((line) => line.split(',')[0])).toEqual(
    rows.flatMap((row) => (row.startsWith('wrong') ? [row.split(',')[0]] : [])),
  );
  expect((await users.byIdentifier({ field: 'email', value: 'far@example.com' }))?.properties.notes).toBe('third');
});
