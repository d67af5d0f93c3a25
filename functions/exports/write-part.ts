import * as z from 'zod/mini';
import { writePart } from '../../shared/app/exports/part.ts';
import { planOf } from '../../shared/app/exports/work.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { step } from '../../shared/runtime/step.ts';

/** Writes one part of an export as pieces. */
export const handler = step(z.object({ job: z.string(), part: z.number() }), async (item, clock) => {
  const bucket = deploymentBucket();
  return { done: await writePart(bucket, await planOf(bucket, item.job), item, clock) };
});
