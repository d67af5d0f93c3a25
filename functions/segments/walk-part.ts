import * as z from 'zod/mini';
import { PAGE_TIME } from '../../shared/app/segments/page-time.ts';
import { walkPage } from '../../shared/app/segments/walk.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';

/** Walks one shard of users and writes the edges of one version of a segment. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number(), part: z.number() }),
  async ({ segment, version, part }, { now, timeLeft }) => {
    do {
      if (await walkPage({ segment, ruleVersion: version, part }, env.locale, now())) return { done: true };
    } while (timeLeft() > PAGE_TIME);
    return { done: false };
  },
);
