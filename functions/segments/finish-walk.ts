import * as z from 'zod/mini';
import { finishFill } from '../../shared/app/segments/writes.ts';
import { step } from '../../shared/runtime/step.ts';

/** Makes the version that a walk filled the live one, unless a newer version replaced it meanwhile. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number() }),
  async ({ segment, version }, { now }) => finishFill(segment, version, now()),
);
