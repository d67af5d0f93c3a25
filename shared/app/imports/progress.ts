import * as jobs from '../../data/jobs/jobs.ts';
import { ImportPlan, workFiles } from '../../domain/imports/plan.ts';
import { LaterProgress } from '../../domain/imports/progress.ts';
import { NO_ROWS } from '../../domain/imports/tally.ts';
import type { Bucket } from '../../storage/bucket.ts';

/** The plan of an import; null when it has none. */
export async function planOf(bucket: Bucket, job: string): Promise<ImportPlan | null> {
  const kept = await bucket.get(workFiles(job).plan);
  return kept && ImportPlan.parse(JSON.parse(kept.toString('utf8')));
}

/** Where the rows that wait count their progress: behind the last part. */
export const laterPart = (plan: Pick<ImportPlan, 'parts'>) => plan.parts.length;

const START: LaterProgress = { done: 0, counts: NO_ROWS, warnings: [], part: 0, notes: [], pieces: [] };

/** How far the rows that wait have come. */
export async function laterProgress(job: string, plan: ImportPlan): Promise<LaterProgress> {
  const kept = await jobs.part(job, laterPart(plan));
  return kept ? LaterProgress.parse(kept.state) : START;
}
