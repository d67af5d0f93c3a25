import { makeExport, withSegment } from '../../shared/app/exports/job.ts';
import * as schemas from '../../shared/data/schema.ts';
import { ExportRequest, readExport } from '../../shared/domain/exports/request.ts';
import { Job, jobOf } from '../../shared/domain/jobs/job.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { shownJob } from '../../shared/runtime/job-of.ts';
import { start } from '../../shared/runtime/start.ts';

export const handler = action(
  {
    summary: 'Export users as CSV or JSON lines',
    description:
      'All users, or those of a `segment`, of a rule (`where`), or a list of references (`users`). A mail with a link tells of the end.',
    scope: 'exports',
    body: ExportRequest,
    read: async ({ body, now }) => {
      const schema = await schemas.fresh('user', now);
      const reading = readExport(body, { schema, locale: env.locale, allowed: env.allowedRecipients });
      return withSegment(body.segment, reading);
    },
    status: 202,
    output: Job,
    creates: {
      id: ({ id }) => id,
      path: '/v1/exports/',
      read: shownJob,
    },
  },
  async (call) => {
    const grounds = { schema: await schemas.current('user', call.now), locale: env.locale };
    const job = await makeExport(call.body, call.input, grounds, call);
    await start(env.exportMachine, job.id, { job: job.id });
    return jobOf(job);
  },
);
