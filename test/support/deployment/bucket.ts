import { freePort } from '../../../infra/local/process/ports.ts';
import { createBuckets, s3Client, startStorage } from '../../../infra/local/services/storage.ts';
import { s3 } from '../../../shared/runtime/clients.ts';
import { type Bucket, openBucket } from '../../../shared/storage/bucket.ts';

const NAME = 'roster-test';

/** Starts an empty bucket in memory and points the functions of this test file at it. */
export async function startBucket(): Promise<{ readonly bucket: Bucket; readonly stop: () => Promise<void> }> {
  const storage = await startStorage(null, await freePort());
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local-secret',
    AWS_ENDPOINT_URL_S3: storage.endpoint,
    BUCKET: NAME,
  });
  const settings = {} as Parameters<typeof createBuckets>[0][number]['settings'];
  await createBuckets(
    [{ name: NAME, settings } as Parameters<typeof createBuckets>[0][number]],
    s3Client(storage.endpoint),
  );
  return { bucket: openBucket(s3(), NAME), stop: storage.stop };
}
