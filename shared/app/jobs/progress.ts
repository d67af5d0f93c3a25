import pMap from 'p-map';
import { parts } from '../../data/jobs/jobs.ts';
import { hasEnded, type StoredJob } from '../../domain/jobs/job.ts';

/** A number in a part's state; 0 for any other value. */
function numberIn(state: unknown, name: string): number {
  const value = typeof state === 'object' && state !== null ? Reflect.get(state, name) : undefined;
  return typeof value === 'number' ? value : 0;
}

/**
 * A job with its progress. While it runs, its progress and counts are the sums over its parts, whose state has `done` and
 * `counts`: the item of the job itself is only written when its status changes.
 */
export async function withProgress(job: StoredJob): Promise<StoredJob> {
  if (hasEnded(job) || job.startedAt === null) return job;
  const counts = { ...job.counts };
  let done = 0;
  for await (const { state } of parts(job.id)) {
    done += numberIn(state, 'done');
    for (const name of Object.keys(counts)) {
      Reflect.set(counts, name, numberIn(counts, name) + numberIn(state.counts, name));
    }
  }
  return { ...job, progress: { ...job.progress, done }, counts };
}

/** Jobs with their progress, in the same order. */
export function allWithProgress(all: readonly StoredJob[]): Promise<StoredJob[]> {
  return pMap(all, withProgress, { concurrency: 8 });
}
