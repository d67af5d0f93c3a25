import * as z from 'zod/mini';
import { beginImport } from '../../shared/app/imports/begin.ts';
import { notify } from '../../shared/app/jobs/notify.ts';
import { workFiles } from '../../shared/domain/imports/plan.ts';
import { hasEnded } from '../../shared/domain/jobs/job.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { mailing } from '../../shared/runtime/mailing.ts';
import { step } from '../../shared/runtime/step.ts';

/** Reads the file once, cuts it into parts and lists them. The job of a file that cannot be imported ends here. */
export const handler = step(z.object({ job: z.string() }), async ({ job: id }, { now }) => {
  const bucket = deploymentBucket();
  const job = await beginImport(bucket, id, env.locale, now());
  if (!hasEnded(job)) {
    return { job: id, planned: true, manifest: { bucket: bucket.name, key: workFiles(id).manifest } };
  }
  await notify(job, mailing(), now());
  return { job: id, planned: false };
});
