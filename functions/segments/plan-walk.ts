import * as z from 'zod/mini';
import { wanted } from '../../shared/app/segments/walk.ts';
import { touch } from '../../shared/data/segments/work.ts';
import { connected } from '../../shared/data/table/client.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';
import { openBucket } from '../../shared/storage/bucket.ts';

/** Cuts a walk into parts, one for each shard of users, unless nobody wants this version any more. */
export const handler = step(
  z.object({ segment: z.string(), version: z.number() }),
  async ({ segment, version }, { now }) => {
    await touch(segment, version, now);
    if (!(await wanted(segment, version))) return { segment, version, current: false };
    const parts = Array.from({ length: connected().shards }, (_, part) => ({ segment, version, part }));
    const manifest = { bucket: env.bucket, key: `work/${segment}-${version}/manifest.json` };
    await openBucket(manifest.bucket).put(manifest.key, JSON.stringify(parts));
    return { segment, version, current: true, manifest };
  },
);
