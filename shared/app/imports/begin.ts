import * as z from 'zod/mini';
import * as jobs from '../../data/jobs/jobs.ts';
import { importOptionFields, understood } from '../../domain/csv/options.ts';
import { ColumnNote, workFiles } from '../../domain/imports/plan.ts';
import { mergedWarnings } from '../../domain/imports/tally.ts';
import { type Failure, hasEnded, type StoredJob } from '../../domain/jobs/job.ts';
import type { Locale } from '../../domain/values/value.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { endedJob, failureOf } from './end.ts';
import { planImport } from './plan.ts';
import { planOf } from './progress.ts';

const Options = z.strictObject(importOptionFields);

/** A job that is running, and since when. A repeated plan finds the time of the first. */
async function running(id: string, now: number): Promise<StoredJob> {
  const job = await jobs.byId(id);
  if (!job) throw new Error('there is no such job');
  if (job.status !== 'queued') return job;
  const begun: StoredJob = { ...job, status: 'running', startedAt: new Date(now).toISOString() };
  return (await jobs.replace(begun, 'queued')) ? begun : running(id, now);
}

async function planOrFind(bucket: Bucket, job: StoredJob, deployment: Pick<Locale, 'timeZone' | 'defaultCountry'>) {
  const found = await planOf(bucket, job.id);
  if (found) return found;
  const { source, input } = job;
  if (!source || !('key' in input)) throw new Error('the import has no file');
  const options = understood(Options.parse(input.options));
  const startedAt = Date.parse(job.startedAt ?? job.createdAt);
  return planImport(bucket, { job: job.id, source, bytes: input.bytes ?? 0, startedAt, options, deployment });
}

async function withPlan(bucket: Bucket, job: StoredJob, rows: number): Promise<StoredJob> {
  const noted = await bucket.get(workFiles(job.id).columns);
  const { warnings } = ColumnNote.parse(JSON.parse(noted?.toString('utf8') ?? ''));
  const others = job.warnings.filter(({ code }) => code === 'unknownOption');
  return { ...job, progress: { done: 0, total: rows }, warnings: mergedWarnings([others, warnings]) };
}

/**
 * Takes an import up: plans its file, or ends the job when the file cannot be imported. Before that, nothing of it has
 * touched a user.
 *
 * @returns the job as it now is, running or ended
 */
export async function beginImport(
  bucket: Bucket,
  id: string,
  deployment: Pick<Locale, 'timeZone' | 'defaultCountry'>,
  now: number,
): Promise<StoredJob> {
  const job = await running(id, now);
  if (hasEnded(job)) return job;
  const end = async (failure: Failure) => {
    const ended = endedJob(job, { failure }, now);
    return (await jobs.replace(ended, job.status)) ? ended : running(id, now);
  };
  if (job.failure) return end(job.failure);
  try {
    const plan = await planOrFind(bucket, job, deployment);
    const planned = await withPlan(bucket, job, plan.rows);
    await jobs.replace(planned, job.status);
    return planned;
  } catch (error) {
    const failure = failureOf(error);
    if (!failure) throw error;
    return end(failure);
  }
}
