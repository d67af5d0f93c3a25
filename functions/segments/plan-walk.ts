import * as z from 'zod/mini';
import { wanted } from '../../shared/app/segments/walk.ts';
import { touch } from '../../shared/data/segments/work.ts';
import { connected } from '../../shared/data/table/client.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';

/** Cuts a walk into parts, one for each shard of users, unless nobody wants this version any more. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number() }),
  async ({ segment, version }, { now }) => {
    await touch(segment, version, now);
    if (!(await wanted(segment, version))) return { segment, version, current: false };
    const parts = Array.from({ length: connected().shards }, (_, part) => ({ segment, version, part }));
    const manifest = { bucket: env.bucket, key: `work/${segment}-${version}/manifest.json` };
    await deploymentBucket().put(manifest.key, JSON.stringify(parts));
    return { segment, version, current: true, manifest };
  },
);
