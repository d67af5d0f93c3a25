import * as z from 'zod/mini';
import { step } from '../../shared/runtime/step.ts';
import { finishFill } from '../../shared/work/segment-writes.ts';

/** Lets a segment name the version that was filled, unless another one is wanted meanwhile. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number() }),
  async ({ segment, version }, { now }) => finishFill(segment, version, now),
);
