import { afterAll, beforeAll, expect, test } from 'vitest';
import { handler as create } from '../../functions/exports/create.ts';
import { handler as finish } from '../../functions/exports/finish.ts';
import { handler as writePart } from '../../functions/exports/write-part.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import { key as keyIn, shardOf } from '../../shared/data/keys.ts';
import * as schemas from '../../shared/data/schema.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { writeMany } from '../../shared/data/table/batches.ts';
import { profileItem } from '../../shared/data/users/profile-item.ts';
import { entropyOf, ulid } from '../../shared/domain/id.ts';
import { newDefinition } from '../../shared/domain/segments/definition.ts';
import { merged, unborn } from '../../shared/domain/users/merge.ts';
import { startBucket } from '../support/deployment/bucket.ts';
import { keyWith, send, startDeployment } from '../support/deployment/deployment.ts';
import { partsOfExport, runExport, startMachines, withTime } from '../support/jobs/export-run.ts';

const BORN = Date.parse('2026-01-31T09:30:00.000Z');
const SHARD = 3;
const PEOPLE = 1_100;
const LETTER = 'è';

/** Ids of one shard, in order: what stands in one part is then more than one piece holds. */
function idsInShard(): string[] {
  const ids: string[] = [];
  for (let n = 0; ids.length < PEOPLE; n += 1) {
    const id = ulid(BORN + n, entropyOf('large', n));
    if (shardOf(id, 16) === SHARD) ids.push(id);
  }
  return ids;
}
const ids = idsInShard();
const members = ids.filter((_, n) => n % 2 === 0);

let key: string;
let bucket: Awaited<ReturnType<typeof startBucket>>['bucket'];
let stop: () => Promise<void>;

beforeAll(async () => {
  await startDeployment();
  await startMachines();
  ({ bucket, stop } = await startBucket());
  key = await keyWith('exports');
  const schema = await schemas.fresh('user', BORN);
  const now = new Date(BORN).toISOString();
  const long = (n: number) => `${n} ${LETTER.repeat(250)}`;
  const texts = ['firstName', 'lastName', 'gender', 'country', 'city', 'language', 'lastChannel', 'timezone', 'ip'];
  const items = ids.map((id, n) => {
    const properties = Object.fromEntries(texts.map((name) => [name, long(n)]));
    const change = { properties: { userId: `crm-${n}`, ...properties }, tags: tagsOf(n) };
    const result = merged(unborn({ id, signedUpAt: now, now, source: 'csv' }), change, { now, schema });
    if (result.kind !== 'changed') throw new Error(result.kind);
    return profileItem(result.profile);
  });
  await writeMany(items);
  const segment = newDefinition('seg_large', { name: 'Half of them', description: null, columns: null }, null, now);
  await segments.save(null, { ...segment, live: 1 }, BORN);
  await writeMany(members.map((id) => ({ ...keyIn.edge('seg_large', 1, id, 16), entity: 'edge', format: 1 })));
});
afterAll(() => stop());

const tagsOf = (n: number) => ({
  mode: 'replace' as const,
  values: Array.from({ length: 30 }, (_, tag) => `${tag}-${n}-${LETTER.repeat(50)}`),
});

const post = async (body: Record<string, unknown>) =>
  String((await send(create, 'POST /v1/exports', { key, body: { notify: [], ...body } })).body.id);

async function fileOf(job: string): Promise<readonly string[]> {
  const stored = await jobs.byId(job);
  const file = await bucket.get(stored?.files[0] ?? '');
  return (file?.toString('utf8') ?? '').split('\r\n').slice(1, -1);
}

test('a part that runs out of time goes on where it stopped, and large pieces are joined into one file', async () => {
  const job = await post({});
  const part = (await partsOfExport(job, bucket))[SHARD];
  expect(await writePart(part, withTime(0))).toEqual({ done: false });
  const first = await jobs.part(job, SHARD + 1);
  expect(Number(first?.state.done)).toBeGreaterThan(0);
  expect(Number(first?.state.done)).toBeLessThan(PEOPLE);
  await runExport(job, bucket);
  const second = await jobs.part(job, SHARD + 1);
  const pieces = second?.state.pieces as { bytes: number }[];
  expect(pieces.map(({ bytes }) => bytes > 5 * 1024 * 1024)).toEqual([false, true, false]);
  const lines = await fileOf(job);
  expect(lines.map((line) => line.slice(0, 26))).toEqual(ids);
  expect(new Set(lines.map((line) => line.length)).size).toBeLessThan(40);
});

test('an export of a segment holds its members', async () => {
  const file = await fileOf(await finished({ segment: 'seg_large', fields: ['userId'] }));
  expect(file.map((line) => line.slice(0, 26))).toEqual(members);
});

test('a segment whose list was replaced while it was exported fails the job, rather than leave half of each', async () => {
  const job = await post({ segment: 'seg_large' });
  await partsOfExport(job, bucket);
  const before = await segments.byId('seg_large');
  if (before) await segments.save(before, { ...before, ruleVersion: 2, live: 2, revision: before.revision + 1 }, BORN);
  await runExport(job, bucket);
  expect(await jobs.byId(job)).toMatchObject({ status: 'failed', failure: { code: 'targetChanged' }, downloads: [] });
  expect(await fileOf(await finished({ segment: 'seg_large' }))).toEqual([]);
});

test('a segment that is deleted before its export begins fails the job by that name, and nothing is written', async () => {
  const named = { name: 'Short-lived', description: null, columns: null };
  const segment = newDefinition('seg_short', named, null, new Date(BORN).toISOString());
  await segments.save(null, segment, BORN);
  const job = await post({ segment: segment.id });
  await segments.save(segment, null, BORN);
  expect(await partsOfExport(job, bucket)).toEqual([]);
  expect(await jobs.byId(job)).toMatchObject({ status: 'failed', failure: { code: 'targetChanged' } });
});

test('an export of the segment of all users is one of all users', async () => {
  expect(await fileOf(await finished({ segment: 'all', fields: ['id'] }))).toEqual(ids);
});

async function finished(body: Record<string, unknown>): Promise<string> {
  const job = await post(body);
  await runExport(job, bucket);
  await finish({ job }, withTime(900_000));
  return job;
}
