import * as z from 'zod/mini';
import { log } from '../../shared/runtime/log.ts';
import { step } from '../../shared/runtime/step.ts';

/** Says that a walk failed. What it was to do stays noted, and whoever looks after work that stands still takes it up. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number(), error: z.string() }),
  async ({ segment, version, error }) => {
    log.error('walk failed', { segment, count: version, error });
    return {};
  },
);
