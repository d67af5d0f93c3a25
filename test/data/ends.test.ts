import { beforeAll, expect, test } from 'vitest';
import * as idempotency from '../../shared/data/access/idempotency.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import * as links from '../../shared/data/jobs/links.ts';
import { type Key, key } from '../../shared/data/keys.ts';
import * as counts from '../../shared/data/segments/counts.ts';
import * as walks from '../../shared/data/segments/walks.ts';
import { get } from '../../shared/data/table/operations.ts';
import { makeLink } from '../../shared/domain/jobs/link.ts';
import { importJob } from '../support/jobs/import-job.ts';
import { startTable } from '../support/table/dynamodb.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');
const AT = new Date(NOW).toISOString();
const COUNTED = { count: 1, at: NOW, ruleVersion: 1 };
const WALKED = { after: null, done: true };

beforeAll(startTable);

/** The days after which DynamoDB deletes an item, by its TTL attribute. */
async function daysKept(at: Key): Promise<number> {
  const item = await get(at);
  return Math.round((Number(item?.expiresAt) * 1000 - NOW) / 86_400_000);
}

const job = importJob({ id: 'imp_1', createdAt: AT });

const { link } = makeLink({ job: job.id, name: 'users.csv' }, new Uint8Array(32).fill(7), NOW);
const done = { part: 1, finished: true, state: { done: 1 } };

test.each<[string, number, Key, () => Promise<unknown>]>([
  ['a job', 366, key.job(job.id), () => jobs.create(job)],
  ['what a part of a job has done', 30, key.part(job.id, 1), () => jobs.savePart(job.id, done, NOW)],
  ['where a walk stands', 30, key.walkPart('seg_1', 1, 0), () => walks.save('seg_1', 1, 0, WALKED, NOW)],
  ['a link, which lives three days', 93, key.link(link.hash), () => links.create(link)],
  ['the count of a segment', 1, key.segmentCount('seg_1'), () => counts.keep('seg_1', COUNTED)],
  ['the turn to count a segment', 1, key.segmentCount('seg_2'), () => counts.takeLock('seg_2', null, NOW)],
  ['an idempotency record', 1, key.idempotency('one'), () => idempotency.begin('one', 'request', NOW)],
])('%s is dropped after %i days', async (_, days, at, write) => {
  await write();
  expect(await daysKept(at)).toBe(days);
});
