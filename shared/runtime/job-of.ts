import { withProgress } from '../app/jobs/progress.ts';
import * as jobs from '../data/jobs/jobs.ts';
import { Problem } from '../domain/errors.ts';
import { type Job, jobOf, type StoredJob } from '../domain/jobs/job.ts';
import { mayShow } from '../domain/jobs/log.ts';
import type { KeyScope } from '../domain/keys/api-key.ts';

/** A job as the API shows it now; null when it is not there any more. */
export async function shownJob(id: string): Promise<Job | null> {
  const job = await jobs.byId(id);
  return job && jobOf(await withProgress(job));
}

/** The job that a path names. @throws Problem `notFound` also when the key may not see it */
export async function jobOfPath(call: {
  readonly path: { readonly id: string };
  readonly apiKey: { readonly scopes: readonly KeyScope[] };
}): Promise<StoredJob> {
  const job = await jobs.byId(call.path.id);
  if (!job || !mayShow(job, call.apiKey)) throw new Problem('notFound', 'There is no such job.');
  return job;
}
