import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Context, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { Attributes } from '../../data/table/client.ts';
import type { ItemChange } from '../../data/table/item-change.ts';

/** The context of a function on the stream, with the changes of its batch. */
export type StreamContext = Context & { changes: readonly ItemChange[] };

type Image = NonNullable<DynamoDBRecord['dynamodb']>['NewImage'];

const attributesOf = (image: Image): Attributes | null =>
  image ? unmarshall(image as Record<string, AttributeValue>) : null;

function changeOf({ dynamodb }: DynamoDBRecord): ItemChange {
  return {
    before: attributesOf(dynamodb?.OldImage),
    after: attributesOf(dynamodb?.NewImage),
    at: (dynamodb?.ApproximateCreationDateTime ?? 0) * 1000,
    sequence: dynamodb?.SequenceNumber ?? '',
  };
}

type Request = { readonly event: DynamoDBStreamEvent; readonly context: StreamContext; response?: unknown };

/** Parses the changes of a batch, and answers with the first that failed: Lambda delivers the batch again from there. */
export const changes = {
  before: ({ event, context }: Request) => {
    context.changes = event.Records.map(changeOf);
  },
  after: (request: Request) => {
    const { response: failed } = request;
    request.response = { batchItemFailures: failed === null ? [] : [{ itemIdentifier: failed }] };
  },
};
