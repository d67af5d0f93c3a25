import * as z from 'zod/mini';
import { PAGE_TIME } from '../../shared/app/segments/page-time.ts';
import { sweep } from '../../shared/app/segments/sweep-edges.ts';
import { step } from '../../shared/runtime/step.ts';

/** Deletes the edges of a segment's versions that nothing reads any more. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number() }),
  async ({ segment, version }, { now, timeLeft }) => ({
    done: await sweep(segment, version, () => timeLeft() > PAGE_TIME, now()),
  }),
);
