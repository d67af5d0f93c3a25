import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type {
  DynamoDBBatchResponse,
  DynamoDBRecord,
  DynamoDBStreamEvent,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda';
import type { Attributes } from '../data/table/client.ts';
import { log, traceOf } from './log.ts';
import { ready } from './ready.ts';

/** A change of one item: what it was and what it is; null where it was not, or is no more. */
export type Change = {
  readonly before: Attributes | null;
  readonly after: Attributes | null;
  /** When the change was made, in milliseconds since 1970, to the second. */
  readonly at: number;
  readonly sequence: string;
};

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

const attributesOf = (image: Image): Attributes | null =>
  image ? unmarshall(image as Record<string, AttributeValue>) : null;

function changeOf({ dynamodb }: DynamoDBRecord): Change {
  return {
    before: attributesOf(dynamodb?.OldImage),
    after: attributesOf(dynamodb?.NewImage),
    at: (dynamodb?.ApproximateCreationDateTime ?? 0) * 1000,
    sequence: dynamodb?.SequenceNumber ?? '',
  };
}

/**
 * A function on the table's stream. It is given a batch in order, and answers with the sequence number of the first
 * change that it could not handle: from there on the batch comes again. Null: all is done.
 */
export function stream(run: (changes: readonly Change[], now: number) => Promise<string | null>) {
  return async (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    await ready();
    const failed = await run(event.Records.map(changeOf), Date.now());
    return { batchItemFailures: failed === null ? [] : [{ itemIdentifier: failed }] };
  };
}

/** A function on a queue: messages are handled one by one, and those that fail come again by themselves. */
export function queue(run: (message: string, now: number) => Promise<void>) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    await ready();
    const failed: string[] = [];
    for (const { body, messageId } of event.Records) {
      await run(body, Date.now()).catch((error: unknown) => {
        log.error('message failed', traceOf(error));
        failed.push(messageId);
      });
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}
