import * as z from 'zod/mini';
import { walkPage } from '../../shared/app/segments/walk.ts';
import { touch } from '../../shared/data/segments/work.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';

/** The time that a page may take, in milliseconds: with less left, the next run goes on from where this one came. */
const PAGE_TIME = 60_000;

/** Walks one shard of users and writes the edges of one version of a segment. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number(), part: z.number() }),
  async ({ segment, version, part }, { now, timeLeft }) => {
    await touch(segment, version, now);
    do {
      if (await walkPage({ segment, ruleVersion: version, part }, env.locale, now)) return { done: true };
    } while (timeLeft() > PAGE_TIME);
    return { done: false };
  },
);
