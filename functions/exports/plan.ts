import * as z from 'zod/mini';
import { planned } from '../../shared/app/exports/plan.ts';
import { workKey, writeJson } from '../../shared/app/exports/work.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import { partsOf } from '../../shared/domain/exports/plan.ts';
import { hasEnded } from '../../shared/domain/jobs/job.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';

/** Decides the users, the columns and the format of the file, and lists the parts that write it. */
export const handler = step(z.object({ job: z.string() }), async ({ job: id }, clock) => {
  const now = clock.now();
  const job = await jobs.byId(id);
  if (!job) throw new Error('there is no such job');
  const bucket = deploymentBucket();
  const key = workKey.manifest(id);
  if (hasEnded(job)) {
    await writeJson(bucket, key, []);
    return { job: id, manifest: { bucket: bucket.name, key } };
  }
  const plan = await planned(bucket, job, { now, timeZone: env.locale.timeZone });
  await writeJson(
    bucket,
    key,
    partsOf(plan).map((part) => ({ job: id, part })),
  );
  if (job.status === 'queued') {
    await jobs.replace({ ...job, status: 'running', startedAt: new Date(now).toISOString() }, 'queued');
  }
  return { job: id, manifest: { bucket: bucket.name, key } };
});
