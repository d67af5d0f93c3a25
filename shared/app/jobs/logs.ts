import { type JobPage, newest, placeOf } from '../../data/jobs/jobs.ts';
import type { StoredJob } from '../../domain/jobs/job.ts';
import { cutToBytes } from '../../domain/page.ts';

/** How many jobs a page looks at before it ends without being full. */
const MOST_EXAMINED = 1_000;
const LEAST_READ = 25;

/** A page of the jobs that somebody wants to see. `partial`: it ended because it had to look at many others. */
export type LogPage = JobPage & { readonly partial: boolean };

/** The page that ends with as many of these as it holds; null while there is room for more. */
function filled(found: readonly StoredJob[], limit: number, isMore: boolean): LogPage | null {
  const { items, cut } = cutToBytes(found.slice(0, limit));
  const end = items.at(-1);
  if (!end || (!cut && found.length < limit)) return null;
  const last = cut || found.length > limit || isMore ? placeOf(end) : null;
  return { jobs: items, last, partial: false };
}

/**
 * Jobs made between two instants (ISO, both included) for which `wanted` holds, newest first. A page ends early when it
 * had to look at many others, or at 4 MB.
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
