import * as z from 'zod/mini';
import { finishImport } from '../../shared/app/imports/finish.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { notify } from '../../shared/runtime/notify.ts';
import { step } from '../../shared/runtime/step.ts';

/** Adds up what became of the rows, joins the logs, ends the job and tells of it. */
export const handler = step(z.object({ job: z.string() }), async ({ job }, { now }) => {
  await notify(await finishImport(deploymentBucket(), job, null, now), now);
  return { job };
});
