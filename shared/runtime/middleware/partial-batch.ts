import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import { log, traceOf } from '../log.ts';

/** Answers with the messages that failed, so that SQS delivers these again. The log has the error and no message. */
export const partialBatch = sqsPartialBatchFailure({
  logger: (reason: unknown) => log.error('message failed', traceOf(reason)),
});
