import * as z from 'zod/mini';
import { parseJson } from '../process/json.ts';
import { nap } from '../process/sleep.ts';

/** One record of a source: its id within it, when it came, in milliseconds, and what the function gets. */
export type SourceRecord = { readonly id: string; readonly at: number; readonly event: object; readonly lane: string };

export type BatchPolicy = {
  /** Sends records to the function; answers the ids that failed, or null when the whole call did. */
  invoke(records: SourceRecord[]): Promise<string[] | null>;
  readonly bisect: boolean;
  /** How often a batch is tried again; infinite when negative. */
  readonly retries: number;
  /** How old a record may get, in milliseconds; any age when negative. */
  readonly maxAgeMs: number;
  /** Takes what could not be handled. */
  park(records: SourceRecord[], tries: number): Promise<void>;
  readonly stopping: AbortSignal;
};

type Batch = { readonly records: SourceRecord[]; readonly tries: number };

const firstDelayMs = 100;
const longestDelayMs = 10_000;

/**
 * Brings records of one shard to the function, in order: nothing after a failing record is sent again before it. A
 * batch that fails as a whole is cut in two when the mapping bisects, which is no retry. Resolves when every record is
 * handled or parked, or early when the stack stops.
 * Source: "Process DynamoDB records with Lambda", error handling, Lambda developer guide.
 */
export async function settleInOrder(records: SourceRecord[], policy: BatchPolicy): Promise<void> {
  const waiting: Batch[] = [{ records, tries: 0 }];
  for (let batch = waiting.shift(); batch !== undefined && !policy.stopping.aborted; batch = waiting.shift()) {
    const failed = await policy.invoke(batch.records);
    const rest = remaining(batch.records, failed);
    if (rest.length === 0) continue;
    if (policy.stopping.aborted) return;
    waiting.unshift(...(await next({ records: rest, tries: batch.tries }, failed === null, policy)));
  }
}

/** What is left after an answer: everything from the first failed record on. An unknown id fails the whole batch. */
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
    await policy.park(records, tries + 1);
    return [];
  }
  await nap(Math.min(firstDelayMs * 2 ** tries, longestDelayMs), policy.stopping);
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
