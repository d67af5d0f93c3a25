import * as z from 'zod/mini';
import { arrived } from '../../shared/app/imports/arrive.ts';
import { start } from '../../shared/app/workflows/workflow.ts';
import { deploymentBucket, importWorkflow } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { log } from '../../shared/runtime/log.ts';
import { step } from '../../shared/runtime/step.ts';

/** The event of EventBridge about a new object in the bucket. */
const ObjectCreated = z.object({
  detail: z.object({
    object: z.object({
      key: z.string(),
      size: z.number(),
      etag: z.optional(z.string()),
      'version-id': z.optional(z.string()),
      sequencer: z.optional(z.string()),
    }),
  }),
});

/** Creates the job of a dropped file and starts its workflow. A second event about the file starts nothing. */
export const handler = step(ObjectCreated, async ({ detail: { object } }, { now }) => {
  const { key, size: bytes, etag = null, 'version-id': versionId = null, sequencer = null } = object;
  const recipients = { operators: env.operators, allowed: env.allowedRecipients };
  const arrival = { key, bytes, etag, versionId, sequencer };
  const job = await arrived(arrival, { bucket: deploymentBucket(), recipients, now: now() });
  if (!job) log.info('no file to import');
  else if (job.status === 'queued') await start(importWorkflow(), job.id, { job: job.id });
});
