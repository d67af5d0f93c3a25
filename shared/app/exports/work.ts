import { ExportPlan } from '../../domain/exports/plan.ts';
import type { Failure, StoredJob } from '../../domain/jobs/job.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { readJson } from '../../storage/json.ts';

/** The failure of an export whose segment is not as it was. */
export const TARGET_CHANGED: Failure = {
  code: 'targetChanged',
  detail: 'The rule or the list of the segment was changed while the export ran, or the segment was deleted.',
};

/** The job of an export that failed as a whole. `now` is in milliseconds since 1970. */
export function failedExport(job: StoredJob, failure: Failure, now: number): StoredJob {
  return { ...job, status: 'failed', failure, finishedAt: new Date(now).toISOString() };
}

/** The segment of an export is not there any more: the job fails with `TARGET_CHANGED`. */
export class TargetGone extends Error {}

/** The plan of an export; null when it has none. */
export function findPlan(bucket: Bucket, job: string): Promise<ExportPlan | null> {
  return readJson(bucket, workKeys(job).plan, ExportPlan);
}

/** The plan of an export that must have one. */
export async function planOf(bucket: Bucket, job: string): Promise<ExportPlan> {
  const plan = await findPlan(bucket, job);
  if (!plan) throw new Error('the export has no plan');
  return plan;
}
