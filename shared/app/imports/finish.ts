import * as jobs from '../../data/jobs/jobs.ts';
import { type Failure, hasEnded, type StoredJob } from '../../domain/jobs/job.ts';
import { type Bucket, FileLost } from '../../storage/bucket.ts';
import { endedJob, failureOf } from './end.ts';
import { planOf } from './progress.ts';
import { importResult } from './result.ts';

/** Ends a job as it is, with what its parts have left. Null when somebody else ended it in between. */
async function end(bucket: Bucket, job: StoredJob, failure: Failure | null, now: number): Promise<StoredJob | null> {
  const plan = await planOf(bucket, job.id);
  const result = plan ? await importResult(bucket, job.id, plan) : undefined;
  const ended = endedJob(job, { failure, ...(result && { result }) }, now);
  return (await jobs.replace(ended, job.status)) ? ended : null;
}

/**
 * Ends an import: adds up, writes the files that tell of each row, and decides the status.
 *
 * @param failure why the job failed as a whole, when it did
 * @returns the ended job
 */
export async function finishImport(
  bucket: Bucket,
  id: string,
  failure: Failure | null,
  now: number,
): Promise<StoredJob> {
  const job = await jobs.byId(id);
  if (!job) throw new Error('there is no such job');
  if (hasEnded(job)) return job;
  const ended = await end(bucket, job, failure, now).catch(async (error: unknown) => {
    if (!(error instanceof FileLost)) throw error;
    // Rows were not applied, and the file that holds them is gone: what became of them cannot be told row by row.
    const lost = endedJob(job, { failure: failureOf(error) }, now);
    return (await jobs.replace(lost, job.status)) ? lost : null;
  });
  return ended ?? finishImport(bucket, id, failure, now);
}
