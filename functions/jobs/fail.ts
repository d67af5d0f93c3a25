import * as z from 'zod/mini';
import { failJob } from '../../shared/app/jobs/fail.ts';
import { notify } from '../../shared/app/jobs/notify.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { mailing } from '../../shared/runtime/mailing.ts';
import { step } from '../../shared/runtime/step.ts';

/** Ends a job whose workflow failed, with the results up to then, and mails its end. */
export const handler = step(z.object({ job: z.string(), error: z.string() }), async ({ job, error }, { now }) => {
  await notify(await failJob(deploymentBucket(), job, error, now()), mailing(), now());
  return { job };
});
