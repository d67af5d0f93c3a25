import * as z from 'zod/mini';
import { finishExport } from '../../shared/app/exports/finish.ts';
import { notify } from '../../shared/app/jobs/notify.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { mailing } from '../../shared/runtime/mailing.ts';
import { step } from '../../shared/runtime/step.ts';

/** Joins the pieces into one file, ends the job and mails its end. */
export const handler = step(z.object({ job: z.string() }), async ({ job }, clock) => {
  const ended = await finishExport(deploymentBucket(), job, clock);
  if (!ended) return { done: false };
  await notify(ended, mailing(), clock.now());
  return { done: true };
});
