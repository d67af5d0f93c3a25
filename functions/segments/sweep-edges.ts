import * as z from 'zod/mini';
import { sweep } from '../../shared/app/segments/sweep-edges.ts';
import { step } from '../../shared/runtime/step.ts';

/** The time that a page may take, in milliseconds. */
const PAGE_TIME = 30_000;

/** Deletes the edges of a segment's versions that nobody reads any more. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number() }),
  async ({ segment, version }, { now, timeLeft }) => ({
    done: await sweep(segment, version, () => timeLeft() > PAGE_TIME, now),
  }),
);
