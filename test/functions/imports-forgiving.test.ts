import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { handler as applyPart } from '../../functions/imports/apply-part.ts';
import { handler as applyRepeats } from '../../functions/imports/apply-repeats.ts';
import { handler as finish } from '../../functions/imports/finish.ts';
import * as schemas from '../../shared/data/schema.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import * as users from '../../shared/data/users/users.ts';
import { IMPORTS } from '../../shared/domain/imports/drop.ts';
import type { StoredJob } from '../../shared/domain/jobs/job.ts';
import { newDefinition } from '../../shared/domain/segments/definition.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { withTime } from '../support/jobs/export-run.ts';
import {
  countsOf,
  downloadOf,
  drop,
  imported,
  jobOf,
  partsOfImport,
  startImports,
} from '../support/jobs/import-run.ts';

let bucket: Bucket;
let around: Awaited<ReturnType<typeof startImports>>;

beforeAll(async () => {
  around = await startImports();
  ({ bucket } = around);
  await schemas.declare(
    [customProperty('seats', 'number'), customProperty('renewal', 'date'), customProperty('site', 'url')],
    'user',
  );
});
afterAll(() => around.stop());
afterEach(() => vi.restoreAllMocks());

const byUserId = (value: string) => users.byIdentifier({ field: 'userId', value });
const byEmail = (value: string) => users.byIdentifier({ field: 'email', value });
const failedRowsOf = (job: StoredJob) => downloadOf(bucket, job, 'failed-rows.csv');

/** The warnings of a job, but for those about its columns: code, field, count and lines. */
const warningsOf = ({ warnings }: StoredJob) =>
  warnings
    .filter(({ code }) => code !== 'unknownColumn')
    .map(({ code, field, count, lines }) => [code, field, count, lines]);

/** The lines of a log: verdict, and the errors by code and field. */
async function logOf(job: StoredJob): Promise<readonly string[]> {
  const log = await downloadOf(bucket, job, 'import-log.csv');
  return log
    .split('\r\n')
    .slice(1, -1)
    .map((line) => {
      const [number, verdict] = line.split(',');
      return [number, verdict, ...(line.match(/[a-z]+[A-Za-z]*(?:\(\w+\))(?=:)/g) ?? [])].join(' ');
    });
}

test('one optional cell does not cost the person: it is left out, told in the log, counted by field and given back', async () => {
  const file = [
    'userId,email,seats,renewal,site',
    'f-1,f1@example.com,twelve,2026-02-30,https://example.com',
    'f-2,f2@example.com,12,2026-03-01,nowhere',
    'f-3,f3@example.com,3,2026-03-01,https://example.com',
    'null,nope,4,2026-03-01,https://example.com',
    'f-5,nope,5',
  ].join('\n');
  const job = await imported(bucket, file);
  expect(job).toMatchObject({ status: 'partially-succeeded', failure: null });
  expect(countsOf(job)).toEqual({ rows: 5, imported: 4, failed: 1 });
  expect(await byUserId('f-1')).toMatchObject({ properties: { email: 'f1@example.com', site: 'https://example.com' } });
  expect((await byUserId('f-5'))?.properties).toEqual({ userId: 'f-5', seats: 5 });
  expect(warningsOf(job)).toEqual([
    ['badCell', 'seats', 1, [2]],
    ['badCell', 'renewal', 1, [2]],
    ['badCell', 'site', 1, [3]],
    ['badCell', 'email', 1, [6]],
    ['shortRow', null, 1, [6]],
  ]);
  expect(await logOf(job)).toEqual([
    '2 IMPORTED invalidNumber(seats) invalidDate(renewal)',
    '3 IMPORTED invalidUrl(site)',
    '4 IMPORTED',
    '5 FAILED blockedIdentifier(userId) invalidEmail(email)',
    '6 IMPORTED invalidEmail(email)',
  ]);
  const failedRows = await failedRowsOf(job);
  expect(failedRows.split('\r\n').map((line) => line.split(',')[0])).toEqual([
    'userId',
    'f-1',
    'f-2',
    'null',
    'f-5',
    '',
  ]);

  // Dropped as it is, each row fails or loses the same cells again.
  const again = await imported(bucket, failedRows);
  expect(countsOf(again)).toEqual({ rows: 4, unchanged: 3, failed: 1 });
  const withoutLines = (text: string) => text.replace(/,\d+,/g, ',');
  expect(withoutLines(await failedRowsOf(again))).toBe(withoutLines(failedRows));

  // Corrected, it completes the users.
  const corrected = failedRows.replace('twelve,2026-02-30', '12,2026-02-28').replace('nowhere', 'https://no.where');
  expect(countsOf(await imported(bucket, corrected))).toEqual({ rows: 4, merged: 2, unchanged: 1, failed: 1 });
  expect(await byUserId('f-1')).toMatchObject({ properties: { seats: 12, renewal: '2026-02-28' } });
});

test('a file that lost cells alone has succeeded, and has failed-rows.csv', async () => {
  const job = await imported(bucket, 'userId,seats\nlost-1,many\n');
  expect(job).toMatchObject({ status: 'succeeded', counts: { failed: 0, imported: 1 } });
  expect(job.downloads.map(({ name }) => name)).toEqual(['import-log.csv', 'failed-rows.csv']);
  const whole = await imported(bucket, 'userId,seats\nlost-1,7\n');
  expect(whole.downloads.map(({ name }) => name)).toEqual(['import-log.csv']);
});

test('a bad cell fails its row where the import says so', async () => {
  const job = await imported(bucket, 'userId,seats\nstrict-1,many\nstrict-2,5\n', {
    metadata: { 'bad-cells': 'fail' },
  });
  expect(countsOf(job)).toEqual({ rows: 2, imported: 1, failed: 1 });
  expect(await byUserId('strict-1')).toBeNull();
});

test('a bad cell leaves its field as it is, also where everything is replaced and blank cells clear', async () => {
  await imported(bucket, 'userId,seats,renewal,tags,city\nkeep-1,5,2026-01-31,vip,Rome\n');
  const metadata = { 'on-conflict': 'replace', 'blank-cells': 'clear' };
  const tag = 't'.repeat(65);
  const job = await imported(bucket, `userId,seats,renewal,tags\nkeep-1,many,,${tag}\n`, { metadata });
  expect(countsOf(job)).toEqual({ rows: 1, merged: 1 });
  expect(await byUserId('keep-1')).toMatchObject({ properties: { userId: 'keep-1', seats: 5 }, tags: ['vip'] });
  expect((await byUserId('keep-1'))?.properties).toEqual({ userId: 'keep-1', seats: 5 });
});

test('rows that wait for others keep what is said of their cells', async () => {
  const rows = ['w-1,w1@example.com,1', 'w-1,,many', 'w-1,nope', ',w1@example.com,4'];
  const job = await imported(bucket, ['userId,email,seats', ...rows].join('\n'));
  expect(countsOf(job)).toEqual({ rows: 4, imported: 1, merged: 1, unchanged: 2 });
  expect(await logOf(job)).toEqual([
    '2 IMPORTED',
    '3 UNCHANGED invalidNumber(seats)',
    '4 UNCHANGED invalidEmail(email)',
    '5 MERGED',
  ]);
  expect(warningsOf(job)).toEqual([
    ['badCell', 'seats', 1, [3]],
    ['badCell', 'email', 1, [4]],
    ['shortRow', null, 1, [4]],
  ]);
  expect((await failedRowsOf(job)).split('\r\n')[1]).toContain('w-1,,many,3,');
});

test('an identifier that a row replaces or clears on a known user is told', async () => {
  await imported(bucket, 'userId,email,phone\nr-1,r1@example.com,+14155550001\nr-2,r2@example.com,+14155550002\n');
  const replaced = await imported(bucket, 'userId,email\nr-1,new1@example.com\nr-2,r2@example.com\n');
  expect(countsOf(replaced)).toEqual({ rows: 2, merged: 1, unchanged: 1 });
  expect(warningsOf(replaced)).toEqual([['identifierReplaced', 'email', 1, [2]]]);
  const metadata = { 'on-conflict': 'replace' };
  const cleared = await imported(bucket, 'userId,email\nr-1,newer1@example.com\nr-2,r2@example.com\n', { metadata });
  expect(warningsOf(cleared)).toEqual([
    ['identifierReplaced', 'email', 1, [2]],
    ['identifierReplaced', 'phone', 2, [2, 3]],
  ]);
});

test('a replaced identifier is told also when the part died behind the write and runs again', async () => {
  await imported(bucket, 'userId,email\ndied-1,died1@example.com\n');
  const id = await drop(bucket, `${IMPORTS}died.csv`, { body: 'userId,email\ndied-1,other1@example.com\n' });
  await partsOfImport(bucket, id);
  // Nothing is kept of the first run but what it wrote into the table.
  const dead = { ...bucket, put: () => Promise.reject(new Error('died')) };
  const { applyPart: run } = await import('../../shared/app/imports/part.ts');
  const clock = { now: Date.now, timeLeft: () => 900_000 };
  await expect(run(dead, { job: id, part: 0 }, clock)).rejects.toThrow('died');
  expect(await byEmail('other1@example.com')).not.toBeNull();
  await applyPart({ job: id, part: 0 }, withTime(900_000));
  await applyRepeats({ job: id }, withTime(900_000));
  await finish({ job: id }, withTime(900_000));
  const job = await jobOf(id);
  expect(countsOf(job)).toEqual({ rows: 1, merged: 1 });
  expect(warningsOf(job)).toEqual([['identifierReplaced', 'email', 1, [2]]]);
});

test('a guessed identifier takes none away: two systems that both number their people stay apart', async () => {
  const first = await imported(bucket, 'id,email\n9001,shop1@example.com\n9002,shop2@example.com\n');
  expect(warningsOf(first)).toEqual([['idAsUserId', 'userId', 1, [1]]]);
  const second = await imported(
    bucket,
    'id,email,city\n9001,forum1@example.com,Rome\n9002,shop2@example.com,Oslo\n9003,,Lima\n',
  );
  expect(countsOf(second)).toEqual({ rows: 3, imported: 1, merged: 1, failed: 1 });
  expect(await logOf(second)).toEqual(['2 FAILED identifierConflict(userId)', '3 MERGED', '4 IMPORTED']);
  expect(await failedRowsOf(second)).toContain('Column ""id"" was taken for userId by a guess');
  expect(await byUserId('9001')).toMatchObject({ properties: { email: 'shop1@example.com' } });
  const metadata = { mapping: '{"id": "userId"}' };
  const mapped = await imported(bucket, 'id,email\n9001,forum1@example.com\n', { metadata });
  expect(countsOf(mapped)).toEqual({ rows: 1, merged: 1 });
  expect(warningsOf(mapped)).toEqual([['identifierReplaced', 'email', 1, [2]]]);
});

test.each(['on-conflict', 'blank-cells'])(
  'a guessed identifier clears no other one, whatever %s says',
  async (option) => {
    const own = option === 'on-conflict' ? '9101' : '9102';
    await imported(bucket, `userId,email,phone,city\n${own},g${own}@example.com,+1415555${own},Rome\n`);
    const metadata: Record<string, string> = { [option]: option === 'on-conflict' ? 'replace' : 'clear' };
    const job = await imported(bucket, `id,email,city,gender\n${own},,,f\n`, { metadata });
    expect(countsOf(job)).toEqual({ rows: 1, merged: 1 });
    expect((await byUserId(own))?.properties).toEqual({
      ...{ userId: own, email: `g${own}@example.com`, phone: `+1415555${own}`, gender: 'f' },
    });
  },
);

const declared = async (key: string) => (await schemas.fresh('user', Date.now())).properties.get(key);

test('a job that applies nothing leaves nothing: the properties that its plan made are gone', async () => {
  const job = await imported(bucket, 'email,Kite Colour\nnot-an-email,red\n');
  expect(job).toMatchObject({ status: 'failed', failure: { code: 'allRowsFailed' }, warnings: [] });
  expect(await declared('kiteColour')).toBeUndefined();
  const good = await imported(bucket, 'email,Kite Colour\nkite@example.com,red\nnot-an-email,red\n');
  expect(good).toMatchObject({ status: 'partially-succeeded' });
  expect(await declared('kiteColour')).toMatchObject({ type: 'text', label: 'Kite Colour' });
  // What was there before stays.
  await imported(bucket, 'email,Kite Colour\nnot-an-email,red\n');
  expect(await declared('kiteColour')).toMatchObject({ label: 'Kite Colour' });
});

test('a property that a segment reads meanwhile stays, though the job that made it applied nothing', async () => {
  const id = await drop(bucket, `${IMPORTS}used.csv`, { body: 'email,Sail Size\nnot-an-email,9\n' });
  await partsOfImport(bucket, id);
  const rule = { field: 'sailSize', op: 'is', value: '9' } as const;
  const named = { name: 'Sails', description: null, columns: null };
  await segments.save(null, newDefinition('seg_sails', named, rule, new Date().toISOString()), Date.now());
  await applyPart({ job: id, part: 0 }, withTime(900_000));
  await applyRepeats({ job: id }, withTime(900_000));
  await finish({ job: id }, withTime(900_000));
  expect(await jobOf(id)).toMatchObject({ status: 'failed' });
  expect(await declared('sailSize')).toMatchObject({ type: 'text' });
});

test('a property that another job withdrew is declared again by the job whose rows have values of it', async () => {
  const bad = await drop(bucket, `${IMPORTS}bad.csv`, { body: 'email,Mast Height\nnot-an-email,9\n' });
  await partsOfImport(bucket, bad);
  const good = await drop(bucket, `${IMPORTS}good.csv`, { body: 'email,Mast Height\nmast@example.com,9\n' });
  await partsOfImport(bucket, good);
  for (const job of [bad, good]) {
    await applyPart({ job, part: 0 }, withTime(900_000));
    await applyRepeats({ job }, withTime(900_000));
  }
  await finish({ job: bad }, withTime(900_000));
  expect(await declared('mastHeight')).toBeUndefined();
  await finish({ job: good }, withTime(900_000));
  expect(await declared('mastHeight')).toMatchObject({ type: 'text', label: 'Mast Height' });
  expect(await byEmail('mast@example.com')).toMatchObject({ properties: { mastHeight: '9' } });
});

test('an import that we broke off keeps its properties, since users may have been written', async () => {
  const id = await drop(bucket, `${IMPORTS}broken-off.csv`, { body: 'email,Keel Depth\nkeel@example.com,9\n' });
  await partsOfImport(bucket, id);
  await finish({ job: id }, withTime(900_000));
  expect(await jobOf(id)).toMatchObject({ status: 'failed', failure: { code: 'internal' } });
  expect(await declared('keelDepth')).toMatchObject({ type: 'text' });
});
