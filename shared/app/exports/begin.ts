import { hasEnded, type StoredJob } from '../../domain/jobs/job.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { endJob, runningJob } from '../jobs/state.ts';
import { planExport } from './plan.ts';
import { failedExport, findPlan, TARGET_CHANGED, TargetGone } from './work.ts';

/**
 * Takes an export up: plans its file, or ends the job when the segment that it names is not there any more.
 *
 * @returns the job as it now is, running or ended
 */
export async function beginExport(
  bucket: Bucket,
  id: string,
  deployment: { readonly timeZone: string },
  now: number,
): Promise<StoredJob> {
  const job = await runningJob(id, now);
  if (hasEnded(job)) return job;
  try {
    if (!(await findPlan(bucket, id))) await planExport(bucket, job, { now, timeZone: deployment.timeZone });
    return job;
  } catch (error) {
    if (!(error instanceof TargetGone)) throw error;
    return endJob(job, failedExport(job, TARGET_CHANGED, now));
  }
}
