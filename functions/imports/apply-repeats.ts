import * as z from 'zod/mini';
import { applyLater } from '../../shared/app/imports/repeats.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';
import { openBucket } from '../../shared/storage/bucket.ts';

/** Applies the rows that share an identifier with others, in the order of the file. */
export const handler = step(z.object({ job: z.string() }), async ({ job }, { timeLeft }) => ({
  done: await applyLater(openBucket(env.bucket), job, { now: Date.now, timeLeft }),
}));
