import * as z from 'zod/mini';
import { wantedLogs } from '../../shared/app/jobs/logs.ts';
import { allWithProgress } from '../../shared/app/jobs/progress.ts';
import { Job, JobStatus, JobType, jobOf, type StoredJob } from '../../shared/domain/jobs/job.ts';
import { LOG_SCOPES, mayShow } from '../../shared/domain/jobs/log.ts';
import { rangeOf } from '../../shared/domain/range.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { cursorTo, pageOf, pageQuery, positionOf } from '../../shared/runtime/list.ts';
import { together } from '../../shared/runtime/together.ts';

const Query = z.strictObject({
  ...pageQuery,
  type: z.optional(JobType),
  status: z.optional(JobStatus),
  from: z.optional(z.string()),
  to: z.optional(z.string()),
});

export const handler = action(
  {
    summary: 'List imports, exports and deletions, newest first',
    description: 'The jobs that the scopes of the key open. `from` and `to` bound the time of their creation.',
    scope: LOG_SCOPES,
    query: Query,
    check: (asked) => together({ range: rangeOf(asked.query, env.locale.timeZone), position: positionOf(asked) }),
    output: pageOf(Job),
  },
  async ({ query, rawPath, apiKey, input }) => {
    const { limit, type, status } = query;
    const [after] = input.position ?? [];
    const wanted = (job: StoredJob) =>
      mayShow(job, apiKey) && (!type || job.type === type) && (!status || job.status === status);
    const { jobs, last, partial } = await wantedLogs({ ...input.range, after, limit, wanted });
    const shown = await allWithProgress(jobs);
    const nextCursor = cursorTo(last === null ? null : [last], { rawPath, query });
    return { data: shown.map(jobOf), nextCursor, ...(partial && { partial }) };
  },
);
