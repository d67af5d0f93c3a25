import * as jobs from '../../shared/data/jobs.ts';
import * as schemas from '../../shared/data/schema.ts';
import { checkRequest, ExportRequest } from '../../shared/domain/export/request.ts';
import { Job, jobOf } from '../../shared/domain/job.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { start } from '../../shared/runtime/start.ts';
import { makeExport } from '../../shared/work/export-job.ts';
import { withProgress } from '../../shared/work/progress.ts';

export const handler = action(
  {
    summary: 'Export users as CSV or JSON lines',
    description:
      'All users, or those of a `segment`, of a rule (`where`), or a list of references (`users`). A mail with a link tells of the end.',
    scope: 'exports',
    body: ExportRequest,
    status: 202,
    output: Job,
    creates: {
      id: ({ id }) => id,
      path: '/v1/exports/',
      read: async (id) => {
        const job = await jobs.byId(id);
        return job && jobOf(await withProgress(job));
      },
    },
  },
  async (call) => {
    const { locale, allowedRecipients: allowed } = env;
    const grounds = { schema: await schemas.fresh('user', call.now), locale, allowed };
    const job = await makeExport(call.body, checkRequest(call.body, grounds), grounds, call);
    await start(env.exportMachine, job.id, { job: job.id });
    return jobOf(job);
  },
);
