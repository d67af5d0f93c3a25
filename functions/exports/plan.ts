import * as z from 'zod/mini';
import { beginExport } from '../../shared/app/exports/begin.ts';
import { hasEnded } from '../../shared/domain/jobs/job.ts';
import { workKeys } from '../../shared/domain/jobs/work-keys.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';

/** Plans the file and lists the parts that write it. The job of an export whose segment is gone ends here. */
export const handler = step(z.object({ job: z.string() }), async ({ job: id }, { now }) => {
  const bucket = deploymentBucket();
  const job = await beginExport(bucket, id, env.locale, now());
  return { job: id, planned: !hasEnded(job), manifest: { bucket: bucket.name, key: workKeys(id).manifest } };
});
