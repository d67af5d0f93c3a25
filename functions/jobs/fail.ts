import * as z from 'zod/mini';
import { failJob } from '../../shared/app/jobs/fail.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { notify } from '../../shared/runtime/notify.ts';
import { step } from '../../shared/runtime/step.ts';

/** Ends a job whose workflow broke off, with all that it had done by then, and tells of it. */
export const handler = step(z.object({ job: z.string(), error: z.string() }), async ({ job, error }, { now }) => {
  await notify(await failJob(deploymentBucket(), job, error, now), now);
  return { job };
});
