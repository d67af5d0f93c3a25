import * as z from 'zod/mini';
import { beginImport } from '../../shared/app/imports/begin.ts';
import { hasEnded } from '../../shared/domain/jobs/job.ts';
import { workKeys } from '../../shared/domain/jobs/work-keys.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';

/** Reads the file once, cuts it into parts and lists them. The job of a file that cannot be imported ends here. */
export const handler = step(z.object({ job: z.string() }), async ({ job: id }, { now }) => {
  const bucket = deploymentBucket();
  const job = await beginImport(bucket, id, env.locale, now());
  return { job: id, planned: !hasEnded(job), manifest: { bucket: bucket.name, key: workKeys(id).manifest } };
});
