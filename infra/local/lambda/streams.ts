import { randomUUID } from 'node:crypto';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
  type _Record as StreamRecord,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import { newCredentials, region } from '../cloudformation/names.ts';
import type { Ledger } from '../process/ledger.ts';
import { sleep } from '../process/sleep.ts';
import { type BatchPolicy, handleInOrder, type SourceRecord } from './batch.ts';
import { datedPath } from './destinations.ts';
import type { Mapping } from './mappings.ts';
import { streamEvent } from './stream-event.ts';

/** The pause between two reads of an idle stream: it costs next to nothing, and nobody notices it. */
const idleMs = { first: 40, longest: 200 };
const shardsMs = 5000;

export type Consumer = { stop(): Promise<void> };

/** A call to the stream takes milliseconds; one that gets no answer is given up and made again. */
const timeouts = { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

export type Stream = {
  readonly arn: string;
  readonly endpoint: string;
  readonly ledger: Ledger;
  onError(error: unknown): void;
};

/**
 * Reads the stream of a table for one mapping, shard by shard, each in order and parents before children. The ledger
 * keeps the last sequence number of each shard that was handled, so that a restart skips no record.
 */
export function consumeStream(mapping: Mapping, { arn: streamArn, endpoint, ledger, onError }: Stream): Consumer {
  ledger.exec(`CREATE TABLE IF NOT EXISTS checkpoints
    (mapping TEXT, shard TEXT, sequence TEXT NOT NULL, PRIMARY KEY (mapping, shard))`);
  const select = ledger.prepare('SELECT sequence FROM checkpoints WHERE mapping = ? AND shard = ?');
  const upsert = ledger.prepare('INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)');
  const client = new DynamoDBStreamsClient({
    ...{ endpoint, region, credentials: newCredentials(), requestHandler: timeouts },
  });
  const reading = new Map<string, Promise<void>>();
  const ended = new Set<string>();
  const stop = new AbortController();
  const stopping = stop.signal;

  const policy: BatchPolicy = {
    ...mapping.policy,
    stopping,
    giveUp: (records, tries) => sendToDestination(mapping, records, tries),
  };

  async function watch(): Promise<void> {
    while (!stopping.aborted) {
      const shards = await allShards(client, streamArn).catch(failed<Shard[]>([]));
      for (const shard of shards.filter((one) => isNext(one, shards))) {
        reading.set(shard.ShardId ?? '', follow(shard.ShardId ?? ''));
      }
      await sleep(shardsMs, stopping);
    }
  }

  /** Tells of an error of the server, and goes on with `instead`. */
  function failed<T>(instead: T): (error: unknown) => T {
    return (error) => {
      if (!stopping.aborted) onError(error);
      return instead;
    };
  }

  /** True for a shard that is not read yet and whose parent, if that is still there, is read to its end. */
  function isNext({ ShardId, ParentShardId: parent = '' }: Shard, shards: Shard[]): boolean {
    return !reading.has(ShardId ?? '') && (ended.has(parent) || !shards.some((one) => one.ShardId === parent));
  }

  /** Reads one shard until it is closed and read to its end. */
  async function follow(shard: string): Promise<void> {
    let idle = idleMs.first;
    let iterator: string | undefined;
    while (!stopping.aborted && !ended.has(shard)) {
      // After an error, such as an iterator that is too old, reading goes on behind the last number in the ledger.
      const read = await readOn(shard, iterator).catch(failed({ found: 0, next: undefined }));
      iterator = read.next;
      idle = read.found > 0 ? idleMs.first : Math.min(idle * 1.5, idleMs.longest);
      await sleep(idle, stopping);
    }
  }

  async function readOn(
    shard: string,
    iterator: string | undefined,
  ): Promise<{ found: number; next: string | undefined }> {
    const found: StreamRecord[] = [];
    let next = iterator ?? (await iteratorOf(shard));
    const until = Date.now() + mapping.windowMs;
    const take = async () => {
      const answer = await client.send(new GetRecordsCommand({ ShardIterator: next }));
      found.push(...(answer.Records ?? []));
      next = answer.NextShardIterator;
    };
    // The batching window opens with a first record, and closes when the batch is full.
    const open = () =>
      !stopping.aborted && next !== undefined && found.length < mapping.batchSize && Date.now() < until;
    await take();
    while (found.length > 0 && open()) await sleep(idleMs.first, stopping).then(take);
    await handle(shard, found);
    if (next === undefined) ended.add(shard);
    return { found: found.length, next };
  }

  async function handle(shard: string, found: StreamRecord[]): Promise<void> {
    const last = found.at(-1)?.dynamodb?.SequenceNumber;
    if (last === undefined) return;
    const records = found
      .map((record) => sourceRecord(record, mapping.sourceArn))
      .filter(({ event }) => mapping.accepts(event));
    const handled = await Promise.allSettled(
      sequencesOf(records, mapping.concurrency).map(async (sequence) => {
        for (let at = 0; at < sequence.length && !stopping.aborted; at += mapping.batchSize) {
          await handleInOrder(sequence.slice(at, at + mapping.batchSize), policy);
        }
      }),
    );
    // All sequences have come to their end before one that failed is read again, or the order would be lost.
    for (const one of handled) if (one.status === 'rejected') throw one.reason;
    if (!stopping.aborted) upsert.run(mapping.id, shard, last);
  }

  async function iteratorOf(shard: string): Promise<string | undefined> {
    const place = { StreamArn: streamArn, ShardId: shard };
    const sequence = select.get(mapping.id, shard)?.sequence;
    const start = new GetShardIteratorCommand({ ...place, ShardIteratorType: 'TRIM_HORIZON' });
    if (typeof sequence !== 'string') return (await client.send(start)).ShardIterator;
    const after = { ...place, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, SequenceNumber: sequence };
    try {
      return (await client.send(new GetShardIteratorCommand(after))).ShardIterator;
    } catch (error) {
      if (error instanceof TrimmedDataAccessException) return (await client.send(start)).ShardIterator;
      throw error;
    }
  }

  const watching = watch();
  return {
    async stop() {
      stop.abort();
      await Promise.all([watching, ...reading.values()]);
      client.destroy();
    },
  };
}

async function allShards(client: DynamoDBStreamsClient, StreamArn: string): Promise<Shard[]> {
  const shards: Shard[] = [];
  let ExclusiveStartShardId: string | undefined;
  do {
    const { StreamDescription } = await client.send(
      new DescribeStreamCommand({ StreamArn, ...(ExclusiveStartShardId ? { ExclusiveStartShardId } : {}) }),
    );
    shards.push(...(StreamDescription?.Shards ?? []));
    ExclusiveStartShardId = StreamDescription?.LastEvaluatedShardId;
  } while (ExclusiveStartShardId !== undefined);
  return shards;
}

function sourceRecord(record: StreamRecord, sourceArn: string): SourceRecord {
  return {
    id: record.dynamodb?.SequenceNumber ?? '',
    at: record.dynamodb?.ApproximateCreationDateTime?.getTime() ?? Date.now(),
    event: streamEvent(record, sourceArn),
    itemKey: JSON.stringify(record.dynamodb?.Keys),
  };
}

/** Splits records into at most `count` sequences. Records of one item stay in one sequence, and in their order. */
function sequencesOf(records: SourceRecord[], count: number): SourceRecord[][] {
  const sequences: SourceRecord[][] = Array.from({ length: count }, () => []);
  for (const record of records) {
    let hash = 0;
    for (const letter of record.itemKey) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
    sequences[hash % count]?.push(record);
  }
  return sequences.filter((sequence) => sequence.length > 0);
}

/** Sends to the failure destination what Lambda would, and the records themselves. */
async function sendToDestination(
  { id, onFailure, sourceArn }: Mapping,
  records: SourceRecord[],
  tries: number,
): Promise<void> {
  const first = records[0];
  const last = records.at(-1);
  await onFailure?.(`aws/lambda/${id}/local/${datedPath(new Date())}-${randomUUID()}`, {
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: tries },
    version: '1.0',
    timestamp: new Date().toISOString(),
    DDBStreamBatchInfo: {
      startSequenceNumber: first?.id ?? '',
      endSequenceNumber: last?.id ?? '',
      batchSize: records.length,
      streamArn: sourceArn,
    },
    payload: JSON.stringify({ Records: records.map(({ event }) => event) }),
  });
}
