import { beforeAll, expect, test } from 'vitest';
import { revokeLinks } from '../../shared/data/jobs/ended-jobs.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import * as links from '../../shared/data/jobs/links.ts';
import { makeLink } from '../../shared/domain/jobs/link.ts';
import { importJob } from '../support/jobs/import-job.ts';
import { startTable } from '../support/table/dynamodb.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');
const linkOf = (seed: number, at = NOW) =>
  makeLink({ job: 'exp_1', name: 'users.csv' }, new Uint8Array(32).fill(seed), at).link;

beforeAll(startTable);

test('a link is found by the hash of its token, as it was made', async () => {
  const link = linkOf(1);
  expect(await links.create(link)).toBe(true);
  expect(await links.byHash(link.hash)).toEqual(link);
  expect(await links.byHash(linkOf(2).hash)).toBeNull();
});

test('a second link of one token is refused and leaves the first as it is', async () => {
  await links.create(linkOf(3));
  expect(await links.create(linkOf(3, NOW + 5))).toBe(false);
  expect((await links.byHash(linkOf(3).hash))?.createdAt).toBe(linkOf(3).createdAt);
});

test('clicks are counted one by one, and none for a link that is not there', async () => {
  const link = linkOf(4);
  await links.create(link);
  await Promise.all([1, 2, 3].map(() => links.countClick(link.hash)));
  expect((await links.byHash(link.hash))?.clicks).toBe(3);
  await links.countClick(linkOf(5).hash);
  expect(await links.byHash(linkOf(5).hash)).toBeNull();
});

test('a link that expired long ago is still stored, so that it is answered as expired', async () => {
  const link = linkOf(6, NOW - 30 * 86_400_000);
  await links.create(link);
  expect(await links.byHash(link.hash)).toEqual(link);
});

test('a revoke that is written late brings back no link that a later one ended', async () => {
  const job = importJob({ id: 'imp_revoked', createdAt: new Date(NOW).toISOString() });
  await jobs.create(job);
  const at = (ms: number) => new Date(NOW + ms).toISOString();
  await revokeLinks(job.id, at(2_000));
  await revokeLinks(job.id, at(1_000));
  expect((await jobs.byId(job.id))?.linksRevokedAt).toBe(at(2_000));
  await revokeLinks(job.id, at(3_000));
  expect((await jobs.byId(job.id))?.linksRevokedAt).toBe(at(3_000));
});
