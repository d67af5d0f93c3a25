import * as jobs from '../../data/jobs/jobs.ts';
import { Problem } from '../../domain/errors.ts';
import { type Job, type JobType, jobOf, type StoredJob } from '../../domain/jobs/job.ts';
import { mayShow } from '../../domain/jobs/log.ts';
import type { KeyScope } from '../../domain/keys/api-key.ts';
import { withProgress } from './progress.ts';

/** A job as the API shows it now; null when it was deleted. */
export async function shownJob(id: string): Promise<Job | null> {
  const job = await jobs.byId(id);
  return job && jobOf(await withProgress(job));
}

/** A job that a key may see. @throws Problem `notFound` also when the key may not see it, or it is of another type */
export async function visibleJob(
  id: string,
  apiKey: { readonly scopes: readonly KeyScope[] },
  type?: JobType,
): Promise<StoredJob> {
  const job = await jobs.byId(id);
  if (!job || !mayShow(job, apiKey) || (type && job.type !== type)) {
    throw new Problem('notFound', 'There is no such job.');
  }
  return job;
}
