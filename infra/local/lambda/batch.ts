import * as z from 'zod/mini';
import { parseJson } from '../process/json.ts';
import { sleep } from '../process/sleep.ts';

/** One record of a stream or a queue. */
export type SourceRecord = {
  /** Its sequence number or message id. */
  readonly id: string;
  /** The moment when it was written, in milliseconds since 1970. */
  readonly at: number;
  /** The record as the function gets it. */
  readonly event: object;
  /** Records of the same item have the same key; empty when the order does not matter. */
  readonly itemKey: string;
};

export type BatchPolicy = {
  /** Sends records to the function; answers the ids that failed, or null when the whole call did. */
  invoke(records: SourceRecord[]): Promise<string[] | null>;
  readonly bisect: boolean;
  /** The number of retries of a batch; infinite when negative. */
  readonly retries: number;
  /** The age in milliseconds at which a record is given up; never when negative. */
  readonly maxAgeMs: number;
  /** Takes the records that could not be handled. */
  giveUp(records: SourceRecord[], tries: number): Promise<void>;
  readonly stopping: AbortSignal;
};

type Batch = { readonly records: SourceRecord[]; readonly tries: number };

const firstDelayMs = 100;
const longestDelayMs = 10_000;

/**
 * Brings a batch of one shard to the function, in order: no record is sent before the failing one in front of it is
 * handled or given up. A call that fails as a whole cuts the batch in two when the mapping bisects, which counts as no
 * retry. A call that reports a failed record is retried from that record on, and this rest stays together: the records
 * behind one that never succeeds are given up with it.
 *
 * Resolves when every record is handled or given up, or early when the stack stops.
 * Source: "Retain discarded records" and "Configuring partial batch response with DynamoDB", Lambda developer guide.
 */
export async function handleInOrder(records: SourceRecord[], policy: BatchPolicy): Promise<void> {
  const waiting: Batch[] = [{ records, tries: 0 }];
  for (let batch = waiting.shift(); batch !== undefined && !policy.stopping.aborted; batch = waiting.shift()) {
    const failed = await policy.invoke(batch.records);
    const rest = remaining(batch.records, failed);
    if (rest.length === 0) continue;
    if (policy.stopping.aborted) return;
    waiting.unshift(...(await next({ records: rest, tries: batch.tries }, failed === null, policy)));
  }
}

/** The records from the first failed one on. An unknown id fails the whole batch. */
function remaining(records: SourceRecord[], failed: string[] | null): SourceRecord[] {
  if (failed === null) return records;
  if (failed.length === 0) return [];
  const first = records.findIndex(({ id }) => failed.includes(id));
  return records.slice(Math.max(0, first));
}

async function next({ records, tries }: Batch, whole: boolean, policy: BatchPolicy): Promise<Batch[]> {
  const tooOld = policy.maxAgeMs >= 0 && Date.now() - (records[0]?.at ?? 0) > policy.maxAgeMs;
  if (policy.bisect && whole && records.length > 1 && !tooOld) {
    const middle = Math.ceil(records.length / 2);
    return [
      { records: records.slice(0, middle), tries },
      { records: records.slice(middle), tries },
    ];
  }
  if (tooOld || (policy.retries >= 0 && tries >= policy.retries)) {
    await policy.giveUp(records, tries + 1);
    return [];
  }
  await sleep(Math.min(firstDelayMs * 2 ** tries, longestDelayMs), policy.stopping);
  return [{ records, tries: tries + 1 }];
}

const Failures = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })) });

/**
 * The ids that a function reports as failed. Without ReportBatchItemFailures its answer means nothing; with it, no
 * answer and an empty one mean success, and one of another shape fails the batch.
 */
export function failedIds(payload: string, reported: boolean): string[] | null {
  const answer = parseJson(payload);
  if (!reported || answer === null) return [];
  if (typeof answer === 'object' && !Array.isArray(answer) && answer.batchItemFailures === undefined) return [];
  const { success, data } = z.safeParse(Failures, answer);
  return success ? data.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) : null;
}
