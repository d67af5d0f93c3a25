import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { connection } from './middleware/connection.ts';
import { partialBatch } from './middleware/partial-batch.ts';
import { pipeline } from './pipeline.ts';

/** A function on a queue. It gets the messages one after another, and SQS delivers those again that fail. */
export function queue(run: (message: string, now: number) => Promise<void>) {
  return pipeline<SQSEvent, Context, SQSBatchResponse>([partialBatch, connection], async ({ Records }) => {
    const settled: PromiseSettledResult<void>[] = [];
    for (const { body } of Records) settled.push(...(await Promise.allSettled([run(body, Date.now())])));
    return settled;
  });
}
