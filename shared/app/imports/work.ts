import * as jobs from '../../data/jobs/jobs.ts';
import { NO_ROWS } from '../../domain/imports/counts.ts';
import { ImportPlan } from '../../domain/imports/plan.ts';
import { DeferredProgress } from '../../domain/imports/progress.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { readJson } from '../../storage/json.ts';

/** The plan of an import; null when it has none. */
export function findPlan(bucket: Bucket, job: string): Promise<ImportPlan | null> {
  return readJson(bucket, workKeys(job).plan, ImportPlan);
}

/** The plan of an import that must have one. */
export async function planOf(bucket: Bucket, job: string): Promise<ImportPlan> {
  const plan = await findPlan(bucket, job);
  if (!plan) throw new Error('the import has no plan');
  return plan;
}

/** The number under which deferred rows keep their progress: behind the last part. */
export const deferredPart = (plan: Pick<ImportPlan, 'parts'>) => plan.parts.length;

const START: DeferredProgress = { done: 0, counts: NO_ROWS, warnings: [], part: 0, notes: [], pieces: [] };

/** The progress of the deferred rows. */
export async function deferredProgress(job: string, plan: ImportPlan): Promise<DeferredProgress> {
  const kept = await jobs.part(job, deferredPart(plan));
  return kept ? DeferredProgress.parse(kept.state) : START;
}
