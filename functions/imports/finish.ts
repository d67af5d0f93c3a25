import * as z from 'zod/mini';
import { finishImport } from '../../shared/app/imports/finish.ts';
import { notify } from '../../shared/app/jobs/notify.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { mailing } from '../../shared/runtime/mailing.ts';
import { step } from '../../shared/runtime/step.ts';

/**
 * Adds up the verdicts of the rows, joins the logs, ends the job and mails its end. `applied` is false when rows were not
 * applied through a fault of ours: then the run fails, so that an alarm rings.
 */
export const handler = step(z.object({ job: z.string() }), async ({ job }, { now }) => {
  const ended = await finishImport(deploymentBucket(), job, null, now());
  await notify(ended, mailing(), now());
  return { job, applied: ended.failure?.code !== 'internal' };
});
