import * as z from 'zod/mini';
import { finishFill } from '../../shared/app/segments/writes.ts';
import { step } from '../../shared/runtime/step.ts';

/** Lets a segment name the version that was filled, unless another one is wanted meanwhile. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number() }),
  async ({ segment, version }, { now }) => finishFill(segment, version, now),
);
