import { type JobPage, newest, placeOf } from '../../data/jobs/jobs.ts';
import type { StoredJob } from '../../domain/jobs/job.ts';
import { cutToBytes } from '../../domain/page.ts';

/** The number of jobs that are read for one page before it ends without being full. */
const MOST_EXAMINED = 1_000;
const LEAST_READ = 25;

/** A page of the jobs that match. `partial`: it ended early, since too many jobs were read that do not match. */
export type LogPage = JobPage & { readonly partial: boolean };

/** The page of as many of these jobs as fit; null while there is room for more. */
function filled(found: readonly StoredJob[], limit: number, isMore: boolean): LogPage | null {
  const { items, cut } = cutToBytes(found.slice(0, limit));
  const end = items.at(-1);
  if (!end || (!cut && found.length < limit)) return null;
  const last = cut || found.length > limit || isMore ? placeOf(end) : null;
  return { jobs: items, last, partial: false };
}

/**
 * Jobs created between two instants (ISO, both included) for which `wanted` is true, newest first. A page ends early at
 * 4 MB, or when too many jobs were read for which it is false.
 */
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
    const page = filled(found, limit, last !== null);
    if (page) return page;
    if (last === null) return { jobs: found, last, partial: false };
    examined += jobs.length;
    after = last;
  }
  return { jobs: found, last: after ?? null, partial: true };
}
