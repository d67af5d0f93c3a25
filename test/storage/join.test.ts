import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at, type Bucket, FileLost } from '../../shared/storage/bucket.ts';
import { grouped, join, type Piece } from '../../shared/storage/join.ts';
import { openSink } from '../../shared/storage/multipart.ts';
import { startBucket } from '../support/deployment/bucket.ts';

const MiB = 1024 * 1024;
let bucket: Bucket;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ bucket, stop } = await startBucket());
});
afterAll(() => stop());

const CSV = { contentType: 'text/csv', disposition: 'attachment; filename="a.csv"' };
let made = 0;

/** Objects of these sizes, a header before them, and the bytes of all together. */
async function pieces(sizes: readonly number[]): Promise<{ readonly list: Piece[]; readonly whole: Buffer }> {
  const header = Buffer.from('header\r\n');
  const list: Piece[] = [{ body: header }];
  const bodies: Buffer[] = [header];
  for (const bytes of sizes) {
    made += 1;
    const body = randomBytes(bytes);
    await bucket.put(`work/piece-${made}`, body);
    list.push({ key: `work/piece-${made}`, bytes });
    bodies.push(body);
  }
  return { list, whole: Buffer.concat(bodies) };
}

test.each([
  ['small ones', [10, 20, 30]],
  ['nothing but the header', []],
  ['a large one behind the header', [12 * MiB]],
  ['a middling one behind the header', [7 * MiB]],
  ['small ones between large ones', [6 * MiB, 10, 20, 11 * MiB, 5, 6 * MiB, 1]],
  ['many that make five MiB together', [2 * MiB, 2 * MiB, 2 * MiB, 2 * MiB, 2 * MiB]],
])('%s are joined byte for byte', async (_name, sizes) => {
  const { list, whole } = await pieces(sizes);
  expect(await join(bucket, { key: 'jobs/joined.csv', ...CSV }, list)).toEqual({ done: true, bytes: whole.length });
  expect((await bucket.get('jobs/joined.csv'))?.equals(whole)).toBe(true);
});

test('every part but the last has what S3 asks for, and large objects are not read', () => {
  const list: Piece[] = [
    { body: Buffer.alloc(8) },
    ...[20, 1, 1, 9, 30, 2].map((n) => ({ key: `${n}`, bytes: n * MiB })),
  ];
  const groups = grouped(list).map((group) => group.map(({ from, to }) => (to - from) / MiB));
  for (const group of groups.slice(0, -1)) expect(group.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(5);
  expect(groups.flat().filter((n) => n === 15 || n === 30)).toHaveLength(2);
});

test('a join that runs out of time goes on where it stood', async () => {
  const { list, whole } = await pieces([6 * MiB, 6 * MiB, 6 * MiB, 6 * MiB, 6 * MiB, 6 * MiB]);
  const answers = [true, false];
  const first = await join(bucket, { key: 'jobs/late.csv', ...CSV }, list, { hasTime: () => answers.shift() === true });
  if (first.done) throw new Error('it was to run out of time');
  expect(first.state.parts.length).toBeGreaterThan(0);
  const state = JSON.parse(JSON.stringify(first.state));
  expect(await join(bucket, { key: 'jobs/late.csv', ...CSV }, list, { state })).toEqual({
    done: true,
    bytes: whole.length,
  });
  expect((await bucket.get('jobs/late.csv'))?.equals(whole)).toBe(true);
});

test('a join is done again when the call that completed it died', async () => {
  const { list, whole } = await pieces([6 * MiB, 6 * MiB, 6 * MiB, 6 * MiB, 6 * MiB, 6 * MiB]);
  const target = { key: 'jobs/again.csv', ...CSV };
  const answers = [true, false];
  const first = await join(bucket, target, list, { hasTime: () => answers.shift() === true });
  if (first.done) throw new Error('it was to run out of time');
  const { state } = first;
  expect(await join(bucket, target, list, { state })).toEqual({ done: true, bytes: whole.length });
  expect(await join(bucket, target, list, { state })).toEqual({ done: true, bytes: whole.length });
  expect((await bucket.get('jobs/again.csv'))?.equals(whole)).toBe(true);
});

test('a stream becomes an object, and is read as one in windows', async () => {
  const body = randomBytes(19 * MiB);
  const sink = await openSink(bucket, 'work/streamed');
  for (let from = 0; from < body.length; from += 3 * MiB) await sink.write(body.subarray(from, from + 3 * MiB));
  expect(await sink.close()).toBe(body.length);
  const read: Buffer[] = [];
  for await (const window of bucket.stream(at('work/streamed'), body.length)) read.push(window);
  expect(read.length).toBe(3);
  expect(Buffer.concat(read).equals(body)).toBe(true);
  expect((await bucket.range(at('work/streamed'), 5, 9)).equals(body.subarray(5, 9))).toBe(true);
});

test('bytes that were replaced, or are gone, are said to be so', async () => {
  await bucket.put('imports/moving', 'first');
  const source = await bucket.head(at('imports/moving'));
  if (!source) throw new Error('it was just put there');
  expect((await bucket.range(source, 0, 5)).toString()).toBe('first');
  await bucket.put('imports/moving', 'other');
  await expect(bucket.range(source, 0, 5)).rejects.toEqual(new FileLost('fileReplaced'));
  await expect(bucket.range(at('imports/nothing'), 0, 5)).rejects.toEqual(new FileLost('fileGone'));
  expect(await bucket.get('imports/nothing')).toBeNull();
  expect(await bucket.head(at('imports/nothing'))).toBeNull();
});
