import { type Failure, hasEnded, type StoredJob } from '../../domain/jobs/job.ts';
import { type Bucket, FileLost } from '../../storage/bucket.ts';
import { endJob, existingJob } from '../jobs/state.ts';
import { endedJob, failureOf } from './end.ts';
import { restoreProperties, withdrawProperties } from './properties.ts';
import { importResult } from './result.ts';
import { findPlan } from './work.ts';

/** The job of an import at its end, with the counts and logs that its parts have left. */
async function endOf(bucket: Bucket, job: StoredJob, failure: Failure | null, now: number): Promise<StoredJob> {
  const plan = await findPlan(bucket, job.id);
  if (!plan) return endedJob(job, { failure }, now);
  try {
    const result = await importResult(bucket, job.id, plan);
    const ended = endedJob(job, { failure, result }, now);
    // A part that failed may have written users before it left any verdict.
    const isWithoutEffect = result.counts.failed === result.counts.rows && result.notApplied === 0;
    if (isWithoutEffect) return withdrawProperties(bucket, ended);
    await restoreProperties(plan, job.id, now);
    return ended;
  } catch (error) {
    if (!(error instanceof FileLost)) throw error;
    // Rows were not applied, and the file that holds them is gone: they cannot be given back.
    return endedJob(job, { failure: failureOf(error) }, now);
  }
}

/**
 * Ends an import: adds up, writes the files that tell of each row, and decides the status.
 *
 * @param failure of the job as a whole, when it has one
 * @returns the ended job
 */
export async function finishImport(
  bucket: Bucket,
  id: string,
  failure: Failure | null,
  now: number,
): Promise<StoredJob> {
  const job = await existingJob(id);
  if (hasEnded(job)) return job;
  const ended = await endJob(job, await endOf(bucket, job, failure, now));
  return hasEnded(ended) ? ended : finishImport(bucket, id, failure, now);
}
