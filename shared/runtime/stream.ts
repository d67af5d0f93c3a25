import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import type { ItemChange } from '../data/table/item-change.ts';
import { changes, type StreamContext } from './middleware/changes.ts';
import { connection } from './middleware/connection.ts';
import { pipeline } from './pipeline.ts';

/**
 * A function on the table's stream. It gets the changes of a batch in order, and returns the sequence number of the first
 * change that it could not handle, or null.
 */
export function stream(run: (changes: readonly ItemChange[], now: number) => Promise<string | null>) {
  return pipeline<DynamoDBStreamEvent, StreamContext, DynamoDBBatchResponse>([connection, changes], (_, context) =>
    run(context.changes, Date.now()),
  );
}
