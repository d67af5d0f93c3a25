import { withProgress } from '../../shared/app/jobs/progress.ts';
import { visibleJob } from '../../shared/app/jobs/view.ts';
import { Job, jobOf } from '../../shared/domain/jobs/job.ts';
import { action } from '../../shared/runtime/action.ts';
import { IdPath } from '../../shared/runtime/path.ts';

export const handler = action(
  {
    summary: 'Read an export',
    description: 'An export only: another job is a 404.',
    scope: 'exports',
    path: IdPath,
    output: Job,
  },
  async ({ path, apiKey }) => jobOf(await withProgress(await visibleJob(path.id, apiKey, 'bulk-download'))),
);
