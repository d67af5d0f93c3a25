import { withProgress } from '../../shared/app/jobs/progress.ts';
import { Job, jobOf } from '../../shared/domain/jobs/job.ts';
import { LOG_SCOPES } from '../../shared/domain/jobs/log.ts';
import { action } from '../../shared/runtime/action.ts';
import { jobOfPath } from '../../shared/runtime/job-of.ts';
import { IdPath } from '../../shared/runtime/path.ts';

export const handler = action(
  { summary: 'Read the log of a job', scope: LOG_SCOPES, path: IdPath, output: Job },
  async (call) => jobOf(await withProgress(await jobOfPath(call))),
);
