import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users/users.ts';
import type { Property } from '../../shared/domain/properties/property.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { countsOf, downloadOf, imported, startImports } from '../support/jobs/import-run.ts';
import { dirtyUserFile, legislators } from '../support/jobs/sample-files.ts';

let bucket: Bucket;
let around: Awaited<ReturnType<typeof startImports>>;

beforeAll(async () => {
  around = await startImports();
  ({ bucket } = around);
});
afterAll(() => around.stop());

const declare = (...properties: Property[]) => schemas.declare(properties, 'user');

test('a file of legislators becomes users, and dropped again it changes nobody', async () => {
  const first = await imported(bucket, legislators, { metadata: { 'default-country': 'US' } });
  expect(first).toMatchObject({ status: 'succeeded', failure: null, progress: { done: 537, total: 537 } });
  expect(countsOf(first)).toEqual({ rows: 537, imported: 537 });
  const robert = await users.byIdentifier({ field: 'userId', value: 'A000055' });
  expect(robert).toMatchObject({
    source: 'csv',
    tags: ['rep', 'republican'],
    properties: {
      firstName: 'Robert',
      dob: '1965-07-22',
      phone: '+12022254876',
      website: 'https://aderholt.house.gov',
      inOfficeSince: '1997-01-07',
      terms: '15',
    },
  });
  const again = await imported(bucket, legislators, { metadata: { 'default-country': 'US' } });
  expect(countsOf(again)).toEqual({ rows: 537, unchanged: 537 });
  expect(await users.byIdentifier({ field: 'userId', value: 'A000055' })).toEqual(robert);
  const log = await downloadOf(bucket, again, 'import-log.csv');
  expect(log.split('\r\n').slice(0, 2)).toEqual([
    'line,verdict,userId,id,errors',
    `2,UNCHANGED,A000055,${robert?.id},`,
  ]);
  expect((await around.mails()).length).toBe(2);
}, 90_000);

test('promise 3: every row of a dirty file has one verdict, and the counts add up', async () => {
  await declare(customProperty('seats', 'number'), customProperty('renewsOn', 'date'));
  const { csv, made } = dirtyUserFile(700);
  const { badEmail, badNumber, badDate, noIdentifier: failed } = made;
  const rows = 700 - made.blankRow;
  const job = await imported(bucket, csv);
  expect(job.status).toBe('partially-succeeded');
  expect(countsOf(job)).toEqual({
    rows,
    imported: rows - failed - made.repeatOfEarlier,
    merged: made.repeatOfEarlier,
    failed,
  });
  expect(job.progress).toEqual({ done: rows, total: rows });
  const badCells = job.warnings.flatMap(({ code, field, count }) => (code === 'badCell' ? [[field, count]] : []));
  expect(Object.fromEntries(badCells)).toEqual({ email: badEmail, seats: badNumber, renewsOn: badDate });
  const failedRows = (await downloadOf(bucket, job, 'failed-rows.csv')).split('\r\n');
  expect(failedRows).toHaveLength(failed + badEmail + badNumber + badDate + 2);
}, 90_000);
