import * as jobs from '../data/jobs.ts';
import type { KeyScope } from '../domain/api-key.ts';
import { Problem } from '../domain/errors.ts';
import type { StoredJob } from '../domain/job.ts';
import { mayShow } from '../domain/log.ts';

/** The job that a path names. @throws Problem `notFound` also when the key may not see it */
export async function jobOfPath(call: {
  readonly params: Readonly<Record<string, string>>;
  readonly apiKey: { readonly scopes: readonly KeyScope[] };
}): Promise<StoredJob> {
  const job = await jobs.byId(call.params.id ?? '');
  if (!job || !mayShow(job, call.apiKey)) throw new Problem('notFound', 'There is no such job.');
  return job;
}
