import { type JobPage, newest, placeOf } from '../data/jobs.ts';
import type { StoredJob } from '../domain/job.ts';

/** How many jobs a page looks at before it ends without being full. */
const MOST_EXAMINED = 1_000;
const LEAST_READ = 25;

/** A page of the jobs that somebody wants to see. `partial`: it ended because it had to look at many others. */
export type LogPage = JobPage & { readonly partial: boolean };

/** Jobs made between two instants (ISO, both included) for which `wanted` holds, newest first. */
export async function wantedLogs(list: {
  readonly from: string;
  readonly to: string;
  readonly after: string | undefined;
  readonly limit: number;
  readonly wanted: (job: StoredJob) => boolean;
}): Promise<LogPage> {
  const { wanted, limit } = list;
  const found: StoredJob[] = [];
  let after = list.after;
  for (let examined = 0; examined < MOST_EXAMINED; ) {
    const { jobs, last } = await newest({ ...list, after, limit: Math.max(LEAST_READ, limit) });
    found.push(...jobs.filter(wanted));
    const one = found[limit - 1];
    if (one && (found.length > limit || last !== null)) {
      return { jobs: found.slice(0, limit), last: placeOf(one), partial: false };
    }
    if (last === null) return { jobs: found, last, partial: false };
    examined += jobs.length;
    after = last;
  }
  return { jobs: found, last: after ?? null, partial: true };
}
