import * as z from 'zod/mini';
import { pendingVersion } from '../../shared/app/segments/walk.ts';
import { connected } from '../../shared/data/table/client.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';

/** Cuts a walk into parts, one for each shard of users, unless a newer version replaced this one. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number(), attempt: z.number() }),
  async ({ segment, version, attempt }) => {
    if (!(await pendingVersion(segment, version))) return { segment, version, attempt, current: false };
    const parts = Array.from({ length: connected().shards }, (_, part) => ({ segment, version, part }));
    const manifest = { bucket: env.bucket, key: `work/${segment}-${version}/manifest.json` };
    await deploymentBucket().put(manifest.key, JSON.stringify(parts));
    return { segment, version, attempt, current: true, manifest };
  },
);
