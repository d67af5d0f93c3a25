import * as z from 'zod/mini';
import { afterFailure } from '../../shared/app/segments/failed-walk.ts';
import { log } from '../../shared/runtime/log.ts';
import { step } from '../../shared/runtime/step.ts';

/** Decides whether a walk that failed is tried again at once, and else stores the failure with the segment. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number(), attempt: z.number(), error: z.string() }),
  async ({ segment, version, attempt, error }, { now }) => {
    const next = await afterFailure(segment, version, attempt, now());
    if (next.again) log.warn('walk failed and is tried again', { segment, count: attempt, error });
    else log.error('walk given up', { segment, count: attempt, error });
    return { segment, version, ...next };
  },
);
