import { parentPort, workerData } from 'node:worker_threads';
import { buildApp } from 'fauxqs';
import * as z from 'zod/mini';
// The package's own start listens on all addresses of the machine; these are its parts.
import { PersistenceManager } from '../../../node_modules/fauxqs/dist/persistence.js';
import { S3Store } from '../../../node_modules/fauxqs/dist/s3/s3Store.js';
import { SnsStore } from '../../../node_modules/fauxqs/dist/sns/snsStore.js';
import { MessageSpy, type SpyMessage } from '../../../node_modules/fauxqs/dist/spy.js';
import { SqsStore } from '../../../node_modules/fauxqs/dist/sqs/sqsStore.js';
import type { ObjectCreated, StorageReport } from './storage.ts';

/** S3 and SQS on a thread of their own, so that megabytes of files do not hold up requests. */
const { directory, port, region } = z.parse(
  z.object({ directory: z.nullable(z.string()), port: z.number(), region: z.string() }),
  workerData,
);
/** The largest object, in bytes: SQLite holds no larger value. */
const largestBody = 1_000_000_000;

const report = (message: StorageReport) => parentPort?.postMessage(message);

const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
if (directory !== null) keep(directory);

/** Reports each new object when it is stored, before the response to the upload is sent. */
class Reporter extends MessageSpy {
  override addMessage(message: SpyMessage): void {
    if (message.service === 's3' && (message.status === 'uploaded' || message.status === 'copied')) {
      report({ created: describe(message.bucket, message.key) });
    }
  }
}
stores.s3Store.spy = new Reporter();

const app = buildApp({ logger: false, defaultRegion: region, stores });
liftBodyLimit();
await app.listen({ port, host: '127.0.0.1' });
report({ ready: [...allObjects()] });

parentPort?.on('message', () => {
  // An upload that is under way and a long poll of a queue would delay the stop.
  app.server.closeAllConnections();
  void app.close().then(() => process.exit(0));
});

function keep(where: string): void {
  const kept = new PersistenceManager(where);
  kept.load(stores.sqsStore, stores.snsStore, stores.s3Store);
  for (const store of Object.values(stores)) store.persistence = kept;
  for (const queue of stores.sqsStore.allQueues()) queue.persistence = kept;
  process.once('exit', () => kept.close());
}

function describe(bucket: string, key: string): ObjectCreated {
  const { contentLength, etag, lastModified } = stores.s3Store.headObject(bucket, key);
  return { bucket, key, size: contentLength, etag: etag.replaceAll('"', ''), at: lastModified.getTime() };
}

function* allObjects(): Generator<ObjectCreated> {
  for (const { name } of stores.s3Store.listBuckets()) {
    const { objects } = stores.s3Store.listObjects(name, { maxKeys: Number.POSITIVE_INFINITY });
    for (const { key } of objects) yield describe(name, key);
  }
}

/** The package takes bodies of at most 11 MiB; S3 takes a file in one request up to 5 GB. */
function liftBodyLimit(): void {
  const parsers: [string, (body: Buffer) => unknown][] = [
    ['application/x-amz-json-1.0', (body) => JSON.parse(body.toString())],
    ['application/x-www-form-urlencoded', (body) => Object.fromEntries(new URLSearchParams(body.toString()))],
    ['*', (body) => body],
  ];
  app.removeAllContentTypeParsers();
  for (const [type, parse] of parsers) {
    app.addContentTypeParser(type, { parseAs: 'buffer', bodyLimit: largestBody }, async (_: unknown, body: Buffer) =>
      parse(body),
    );
  }
}
