import { withProgress } from '../../shared/app/jobs/progress.ts';
import { visibleJob } from '../../shared/app/jobs/view.ts';
import { Job, jobOf } from '../../shared/domain/jobs/job.ts';
import { LOG_SCOPES } from '../../shared/domain/jobs/log.ts';
import { action } from '../../shared/runtime/action.ts';
import { IdPath } from '../../shared/runtime/path.ts';

export const handler = action(
  {
    summary: 'Read the log of a job',
    description: 'A job that the scopes of the key do not open is a 404.',
    scope: LOG_SCOPES,
    path: IdPath,
    output: Job,
  },
  async ({ path, apiKey }) => jobOf(await withProgress(await visibleJob(path.id, apiKey))),
);
