import { holdsScope, type KeyScope } from '../keys/api-key.ts';
import type { Job, JobType } from './job.ts';

/** The scope that shows a job in the logs. */
const SCOPES: Readonly<Record<JobType, KeyScope>> = {
  'csv-import': 'imports',
  'bulk-download': 'exports',
  'bulk-delete': 'deletions',
};

/** The scopes that open the logs: each shows the jobs of its own. */
export const LOG_SCOPES: readonly KeyScope[] = Object.values(SCOPES);

/** True when a key may see a job. */
export function mayShow({ type }: Pick<Job, 'type'>, key: { readonly scopes: readonly KeyScope[] }): boolean {
  return holdsScope(key, SCOPES[type]);
}
