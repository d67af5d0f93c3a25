import { randomUUID } from 'node:crypto';
import { account, arns, region } from '../cloudformation/names.ts';
import type { JsonObject } from '../process/json.ts';
import type { Ledger } from '../process/ledger.ts';
import type { ObjectCreated, Storage } from '../services/storage.ts';
import type { Outbox } from './outbox.ts';
import { matches } from './pattern.ts';
import type { Trigger } from './rules.ts';

/**
 * Turns new objects into EventBridge events and hands them to the rules that match. An event is as durable as
 * EventBridge's: what was stored in the moment before a kill is found by comparing the buckets with the record of
 * what was reported, and reported after the next start.
 */
export function reportObjects(
  storage: Storage,
  buckets: string[],
  triggers: Trigger[],
  ledger: Ledger,
  outbox: Outbox,
) {
  ledger.exec(`CREATE TABLE IF NOT EXISTS reported_objects
    (bucket TEXT, key TEXT, state TEXT NOT NULL, PRIMARY KEY (bucket, key))`);
  const select = ledger.prepare('SELECT state FROM reported_objects WHERE bucket = ? AND key = ?');
  const upsert = ledger.prepare('INSERT OR REPLACE INTO reported_objects VALUES (?, ?, ?)');

  function report(object: ObjectCreated): void {
    if (!buckets.includes(object.bucket)) return;
    const event = eventOf(object);
    const routes = triggers.flatMap(({ when, routes }) =>
      'pattern' in when && matches(when.pattern, event) ? routes : [],
    );
    if (routes.length === 0) return;
    const state = `${object.etag} ${object.at}`;
    if (select.get(object.bucket, object.key)?.state === state) return;
    ledger.exec('BEGIN');
    upsert.run(object.bucket, object.key, state);
    outbox.add(routes.map(({ name, input }) => ({ route: name, payload: input ?? JSON.stringify(event) })));
    ledger.exec('COMMIT');
  }

  for (const object of storage.found) report(object);
  storage.onCreated(report);
}

/** Source: "Amazon S3 event notifications with EventBridge", structure of "Object Created". */
function eventOf({ bucket, key, size, etag, at }: ObjectCreated): JsonObject {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account,
    time: new Date(at).toISOString(),
    region,
    resources: [arns.bucket(bucket)],
    detail: {
      version: '0',
      bucket: { name: bucket },
      // The moment of storing rises with each version of a key, which is all that a sequencer promises.
      object: { key, size, etag, sequencer: at.toString(16).toUpperCase().padStart(16, '0') },
      'request-id': randomUUID(),
      requester: account,
      'source-ip-address': '127.0.0.1',
      reason: 'PutObject',
    },
  };
}
