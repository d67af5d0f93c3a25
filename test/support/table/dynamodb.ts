import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { JOBS_INDEX } from '../../../shared/data/keys.ts';
import { type Connection, connect } from '../../../shared/data/table/client.ts';

/** A client of the DynamoDB Local that this test run started. */
function localClient(): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: inject('dynamodb'),
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 8,
  });
}

/**
 * Makes an empty table of its own for a test file, points the data room at it, and answers the connection.
 *
 * It has no stream: DynamoDB Local reads every record of every stream that it has before it writes another one, so a run
 * with streams takes many times as long. What follows a stream is tested on the local stack.
 */
export async function startTable(): Promise<Connection> {
  const client = localClient();
  const table = `roster-${randomUUID()}`;
  const strings = ['PK', 'SK', JOBS_INDEX.partition, JOBS_INDEX.sort];
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: strings.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'PK', KeyType: 'HASH' },
        { AttributeName: 'SK', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: JOBS_INDEX.name,
          KeySchema: [
            { AttributeName: JOBS_INDEX.partition, KeyType: 'HASH' },
            { AttributeName: JOBS_INDEX.sort, KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  );
  const onUnreadable = () => {};
  const connection: Connection = { client, table, secret: 'a secret of the tests', shards: 16, onUnreadable };
  connect(connection);
  return connection;
}
