import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type * as z from 'zod/mini';
import type { Resource } from '../cloudformation/assembly.ts';
import type { kinds } from '../cloudformation/kinds.ts';
import { newCredentials, region } from '../cloudformation/names.ts';
import { CannotStart } from '../process/cannot-start.ts';

type Table = Resource<typeof kinds.table.properties>;
type Settings = z.output<typeof kinds.table.properties>;

/** Creates the tables of the templates where they are missing. Answers the address of each table's stream. */
export async function createTables(tables: Table[], endpoint: string): Promise<Map<string, string>> {
  const client = new DynamoDBClient({ endpoint, region, credentials: newCredentials() });
  const streams = new Map<string, string>();
  for (const { name, settings } of tables) {
    const found = (await describe(client, name)) ?? (await create(client, name, settings));
    await addIndexes(client, name, settings, found);
    await expire(client, name, settings);
    if (found.LatestStreamArn !== undefined) streams.set(name, found.LatestStreamArn);
  }
  return streams;
}

async function describe(client: DynamoDBClient, name: string): Promise<TableDescription | null> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
    return Table ?? null;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return null;
    throw error;
  }
}

async function create(client: DynamoDBClient, name: string, settings: Settings): Promise<TableDescription> {
  const indexes = settings.GlobalSecondaryIndexes;
  const view = settings.StreamSpecification?.StreamViewType;
  const { TableDescription: made } = await client.send(
    new CreateTableCommand({
      TableName: name,
      KeySchema: settings.KeySchema,
      AttributeDefinitions: settings.AttributeDefinitions,
      BillingMode: 'PAY_PER_REQUEST',
      ...(indexes ? { GlobalSecondaryIndexes: indexes.map(indexOf) } : {}),
      ...(view ? { StreamSpecification: { StreamEnabled: true, StreamViewType: view } } : {}),
    }),
  );
  if (made === undefined) throw new CannotStart(`DynamoDB did not create the table ${name}.`);
  return made;
}

/** An index that a newer version brings is added to the table at hand; a table cannot change its keys. */
async function addIndexes(client: DynamoDBClient, name: string, settings: Settings, found: TableDescription) {
  const keys = (schema: { AttributeName: string | undefined }[]) => schema.map((key) => key.AttributeName).join();
  if (keys(settings.KeySchema) !== keys(found.KeySchema?.map((key) => ({ AttributeName: key.AttributeName })) ?? [])) {
    throw new CannotStart(
      `The table ${name} has other keys than the template. --fresh begins anew, and erases all local data.`,
    );
  }
  const present = new Set(found.GlobalSecondaryIndexes?.map((one) => one.IndexName));
  for (const index of settings.GlobalSecondaryIndexes ?? []) {
    if (present.has(index.IndexName)) continue;
    await client.send(
      new UpdateTableCommand({
        TableName: name,
        AttributeDefinitions: settings.AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: indexOf(index) }],
      }),
    );
  }
}

function indexOf({ IndexName, KeySchema, Projection }: NonNullable<Settings['GlobalSecondaryIndexes']>[number]) {
  const { ProjectionType, NonKeyAttributes } = Projection;
  return {
    IndexName,
    KeySchema,
    Projection: { ProjectionType, ...(NonKeyAttributes ? { NonKeyAttributes } : {}) },
  };
}

async function expire(client: DynamoDBClient, name: string, settings: Settings): Promise<void> {
  const attribute = settings.TimeToLiveSpecification?.AttributeName;
  if (attribute === undefined) return;
  const { TimeToLiveDescription: now } = await client.send(new DescribeTimeToLiveCommand({ TableName: name }));
  if (now?.AttributeName === attribute) return;
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: name,
      TimeToLiveSpecification: { AttributeName: attribute, Enabled: true },
    }),
  );
}
