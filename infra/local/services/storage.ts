import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { BucketAlreadyOwnedByYou, CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Resource } from '../cloudformation/assembly.ts';
import type { kinds } from '../cloudformation/kinds.ts';
import { newCredentials, region } from '../cloudformation/names.ts';
import { loopback } from '../process/ports.ts';

/** An object as it stands in a bucket; `at` is the moment it was stored, in milliseconds. */
export type ObjectCreated = {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly at: number;
};
export type StorageReport = { readonly ready: ObjectCreated[] } | { readonly created: ObjectCreated };

export type Storage = {
  readonly endpoint: string;
  /** The objects that were there when the server started. */
  readonly found: ObjectCreated[];
  /** Sets the listener for new objects. It first gets those that came before it was set. */
  onCreated(listener: (object: ObjectCreated) => void): void;
  stop(): Promise<void>;
};

/** S3 and SQS, kept in `directory`, or in memory when there is none. */
export async function startStorage(directory: string | null, port: number): Promise<Storage> {
  if (directory !== null) mkdirSync(directory, { recursive: true });
  const worker = new Worker(new URL('./storage-thread.ts', import.meta.url), {
    workerData: { directory, port, region },
  });
  const waiting: ObjectCreated[] = [];
  let tell = (object: ObjectCreated): void => {
    waiting.push(object);
  };
  let started = false;
  const found = await new Promise<ObjectCreated[]>((resolve, reject) => {
    worker.on('error', (error) => {
      if (started) throw error;
      reject(error);
    });
    worker.on('message', (report: StorageReport) => {
      if ('created' in report) return tell(report.created);
      started = true;
      resolve(report.ready);
    });
  });
  return {
    endpoint: `http://${loopback}:${port}`,
    found,
    onCreated(listener) {
      tell = listener;
      for (const object of waiting.splice(0)) listener(object);
    },
    async stop() {
      const gone = once(worker, 'exit');
      worker.postMessage('stop');
      await gone;
    },
  };
}

export function s3Client(endpoint: string): S3Client {
  return new S3Client({ endpoint, region, credentials: newCredentials(), forcePathStyle: true });
}

export async function createBuckets(buckets: Resource<typeof kinds.bucket.properties>[], client: S3Client) {
  for (const { name } of buckets) {
    await client.send(new CreateBucketCommand({ Bucket: name })).catch((error: unknown) => {
      if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
    });
    await client.send(new HeadBucketCommand({ Bucket: name }));
  }
}

export async function createQueues(queues: Resource<typeof kinds.queue.properties>[], client: SQSClient) {
  for (const { name, settings } of queues) {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }));
    const { RedrivePolicy, VisibilityTimeout, MessageRetentionPeriod, DelaySeconds } = settings;
    const attributes = { VisibilityTimeout, MessageRetentionPeriod, DelaySeconds };
    const given = Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, String(value)]],
    );
    if (RedrivePolicy !== undefined) given.push(['RedrivePolicy', JSON.stringify(RedrivePolicy)]);
    if (given.length > 0) {
      await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: Object.fromEntries(given) }));
    }
  }
}
