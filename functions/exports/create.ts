import { makeExport, withSegment } from '../../shared/app/exports/job.ts';
import { shownJob } from '../../shared/app/jobs/view.ts';
import { start } from '../../shared/app/workflows/workflow.ts';
import * as schemas from '../../shared/data/schema.ts';
import { ExportRequest, readExport } from '../../shared/domain/exports/request.ts';
import { Job, jobOf } from '../../shared/domain/jobs/job.ts';
import { action } from '../../shared/runtime/action.ts';
import { exportWorkflow } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { together } from '../../shared/runtime/together.ts';

export const handler = action(
  {
    summary: 'Export users as CSV or JSON lines',
    description:
      'All users, or those of a `segment`, of a rule (`where`), or a list of references (`users`): at most one of the three. A mail with a link tells of the end. An export of a segment whose rule changes meanwhile fails with `targetChanged`.',
    scope: 'exports',
    body: ExportRequest,
    check: async ({ body, now }) => {
      const grounds = { schema: await schemas.fresh('user', now), locale: env.locale, allowed: env.allowedRecipients };
      const request = await withSegment(body.segment, readExport(body, grounds));
      return together({ request, grounds: { value: grounds } });
    },
    status: 202,
    output: Job,
    location: ({ id }) => `/v1/exports/${id}`,
    replay: { remember: ({ id }) => ({ id }), answer: ({ id }) => shownJob(id) },
  },
  async (call) => {
    const job = await makeExport(call.body, call.input.request, call.input.grounds, call);
    await start(exportWorkflow(), job.id, { job: job.id });
    return jobOf(job);
  },
);
