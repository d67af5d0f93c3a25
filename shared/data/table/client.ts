import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Key } from '../keys.ts';
import { plain } from './plain.ts';
import { pause } from './retrying.ts';
import { stored } from './stored.ts';

/** Attributes of an item as plain values. */
export type Attributes = Readonly<Record<string, unknown>>;

/** What the data room works on: set once, before the first call, by whoever runs it. */
export type Connection = {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** Keys the hashes under which identifiers are found. */
  readonly secret: string;
  /** How many partitions the users stand in; fixed for the life of a table. */
  readonly shards: number;
};

let connection: Connection | undefined;

/** Points the data room at a table. */
export function connect(to: Connection): void {
  connection = to;
}

/** The table in use. */
export function connected(): Connection {
  if (!connection) throw new Error('connect() comes before the first use of the table');
  return connection;
}

/** Attributes in the table's own notation; what is undefined is left out. */
export const marshalled = (attributes: Attributes) => stored(attributes);

/** The key alone, also of a whole item. */
export const keyOf = ({ PK, SK }: Key) => ({ PK: { S: PK }, SK: { S: SK } });

/** A condition, an update or a key condition with the values and names it speaks of: never joined from anybody's text. */
export type Expression = {
  readonly expression: string;
  readonly values?: Attributes;
  readonly names?: Readonly<Record<string, string>>;
};

/** The names and values of several expressions, as a call takes them. */
export function bound(...expressions: readonly (Expression | undefined)[]) {
  const values = Object.assign({}, ...expressions.map((one) => one?.values));
  const names = Object.assign({}, ...expressions.map((one) => one?.names));
  return {
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: marshalled(values) }),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
  };
}

/** Bytes that a partition key and a sort key may have. */
const LONGEST_KEY = { PK: 2_048, SK: 1_024 };

/** Whether an item can stand here. A key may hold an id that a request names, which may be blank or of any length. */
function canHold({ PK, SK }: Key): boolean {
  const fits = (text: string, most: number) => text !== '' && Buffer.byteLength(text) <= most;
  return fits(PK, LONGEST_KEY.PK) && fits(SK, LONGEST_KEY.SK);
}

/** Reads one item, consistently unless told otherwise. An expired item is absent, and so is one that cannot be. */
export async function get(key: Key, now?: number, { consistent = true } = {}): Promise<Attributes | null> {
  if (!canHold(key)) return null;
  const { client, table } = connected();
  const { Item } = await client.send(
    new GetItemCommand({ TableName: table, Key: keyOf(key), ConsistentRead: consistent }),
  );
  const item = Item && unmarshall(Item);
  return item && !isExpired(item, now) ? item : null;
}

function isExpired(item: Attributes, now: number | undefined): boolean {
  return now !== undefined && typeof item.expiresAt === 'number' && item.expiresAt * 1000 <= now;
}

/** The error by which a write says that its condition does not hold. */
function isConditionFailed(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}

const MOST_ATTEMPTS = 10;

/**
 * Writes one item. A write that meets a transaction on its item is turned away, which the SDK leaves to its caller: it is
 * tried again, with jitter.
 */
async function written<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      const isClash = error instanceof Error && error.name === 'TransactionConflictException';
      if (!isClash || attempt === MOST_ATTEMPTS) throw error;
    }
    await pause(attempt);
  }
}

/** Writes one item. False when the condition does not hold. */
export async function put(item: Key & Attributes, condition?: Expression): Promise<boolean> {
  const { client, table } = connected();
  const command = new PutItemCommand({
    TableName: table,
    Item: marshalled(item),
    ...(condition && { ConditionExpression: condition.expression, ...bound(condition) }),
  });
  return held(() => client.send(command));
}

/** Changes one item and gives it as it then is. Null when the condition does not hold. */
export async function update(key: Key, change: Expression, condition?: Expression): Promise<Attributes | null> {
  const { client, table } = connected();
  const command = new UpdateItemCommand({
    TableName: table,
    Key: keyOf(key),
    UpdateExpression: change.expression,
    ReturnValues: 'ALL_NEW',
    ...(condition && { ConditionExpression: condition.expression }),
    ...bound(change, condition),
  });
  try {
    const { Attributes: after = {} } = await written(() => client.send(command));
    return unmarshall(after);
  } catch (error) {
    if (isConditionFailed(error)) return null;
    throw error;
  }
}

/** Deletes one item. False when the condition does not hold. */
export async function remove(key: Key, condition?: Expression): Promise<boolean> {
  const { client, table } = connected();
  const command = new DeleteItemCommand({
    TableName: table,
    Key: keyOf(key),
    ...(condition && { ConditionExpression: condition.expression, ...bound(condition) }),
  });
  return held(() => client.send(command));
}

async function held(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await written(write);
    return true;
  } catch (error) {
    if (isConditionFailed(error)) return false;
    throw error;
  }
}

/** What to read of a partition, or of the index, and how much of it. */
export type Question = {
  readonly key: Expression;
  readonly index?: string;
  readonly limit?: number;
  readonly after?: Key | Attributes | undefined;
  readonly newestFirst?: boolean;
  readonly consistent?: boolean;
  readonly count?: boolean;
  /** What is read and does not hold to this is left out; `limit` counts it all the same. */
  readonly filter?: Expression;
};

/** One page of a query: `next` is where the following one begins, undefined at the end. */
export type Page = {
  readonly items: readonly Attributes[];
  readonly count: number;
  readonly next: Attributes | undefined;
};

/** Reads one page. */
export async function page(question: Question): Promise<Page> {
  const { client, table } = connected();
  const input: QueryCommandInput = {
    TableName: table,
    KeyConditionExpression: question.key.expression,
    ScanIndexForward: question.newestFirst !== true,
    ConsistentRead: question.consistent ?? false,
    ...bound(question.key, question.filter),
    ...(question.filter && { FilterExpression: question.filter.expression }),
    ...(question.index && { IndexName: question.index }),
    ...(question.limit && { Limit: question.limit }),
    ...(question.after && { ExclusiveStartKey: marshalled(question.after) }),
    ...(question.count && { Select: 'COUNT' as const }),
  };
  const { Items = [], Count = 0, LastEvaluatedKey } = await client.send(new QueryCommand(input));
  return {
    items: Items.map(plain),
    count: Count,
    next: LastEvaluatedKey && unmarshall(LastEvaluatedKey),
  };
}

/** Reads a partition page by page, so that nobody holds it whole unless they choose to. */
export async function* pages(question: Question): AsyncGenerator<Page> {
  let after = question.after;
  do {
    const one: Page = await page({ ...question, after });
    yield one;
    after = one.next;
  } while (after);
}

/** The key condition of a whole partition, or of what in it begins with a prefix. */
export function inPartition(name: string, prefix?: string): Expression {
  if (prefix === undefined) return { expression: 'PK = :pk', values: { ':pk': name } };
  return { expression: 'PK = :pk AND begins_with(SK, :prefix)', values: { ':pk': name, ':prefix': prefix } };
}
