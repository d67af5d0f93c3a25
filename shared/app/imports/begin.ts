import * as jobs from '../../data/jobs/jobs.ts';
import { GivenOptions, understood } from '../../domain/csv/options.ts';
import { mergedWarnings } from '../../domain/imports/counts.ts';
import { ColumnNote } from '../../domain/imports/plan.ts';
import { type Failure, hasEnded, type StoredJob } from '../../domain/jobs/job.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import type { Locale } from '../../domain/values/value.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { readJson } from '../../storage/json.ts';
import { endJob, runningJob } from '../jobs/state.ts';
import { endedJob, failureOf } from './end.ts';
import { planImport } from './plan.ts';
import { findPlan } from './work.ts';

async function planOrFind(bucket: Bucket, job: StoredJob, deployment: Pick<Locale, 'timeZone' | 'defaultCountry'>) {
  const found = await findPlan(bucket, job.id);
  if (found) return found;
  const { source, input } = job;
  if (!source || !('key' in input)) throw new Error('the import has no file');
  const options = understood(GivenOptions.parse(input.options));
  const startedAt = Date.parse(job.startedAt ?? job.createdAt);
  return planImport(bucket, { job: job.id, source, bytes: input.bytes ?? 0, startedAt, options, deployment });
}

async function withPlan(bucket: Bucket, job: StoredJob, rows: number): Promise<StoredJob> {
  const noted = await readJson(bucket, workKeys(job.id).columns, ColumnNote);
  const warnings = noted?.warnings ?? [];
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
  const job = await runningJob(id, now);
  if (hasEnded(job)) return job;
  const end = (failure: Failure) => endJob(job, endedJob(job, { failure }, now));
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
