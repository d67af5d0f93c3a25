import { withProgress } from '../../shared/app/jobs/progress.ts';
import { Problem } from '../../shared/domain/errors.ts';
import { Job, jobOf } from '../../shared/domain/jobs/job.ts';
import { action } from '../../shared/runtime/action.ts';
import { jobOfPath } from '../../shared/runtime/job-of.ts';
import { IdPath } from '../../shared/runtime/path.ts';

export const handler = action(
  { summary: 'Read an export', scope: 'exports', path: IdPath, output: Job },
  async (call) => {
    const job = await jobOfPath(call);
    if (job.type !== 'bulk-download') throw new Problem('notFound', 'There is no such export.');
    return jobOf(await withProgress(job));
  },
);
