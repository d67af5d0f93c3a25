import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import { log, traceOf } from '../log.ts';

/** Answers which messages failed, so that SQS delivers these again. The log says why, and nothing of a message. */
export const partialBatch = sqsPartialBatchFailure({
  logger: (reason: unknown) => log.error('message failed', traceOf(reason)),
});
