import { ConditionalCheckFailedException, TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Key } from '../keys.ts';
import { type Attributes, connected } from './client.ts';
import { conditionOf, type Expression, placeholdersOf } from './expression.ts';
import { AGAIN, retrying } from './retrying.ts';

/** The most bytes of a partition key and of a sort key. */
const LONGEST_KEY = { PK: 2_048, SK: 1_024 };

/** True for a key that DynamoDB accepts: a request may name an id that is blank, or of any length. */
function isValid({ PK, SK }: Key): boolean {
  const fits = (text: string, most: number) => text !== '' && Buffer.byteLength(text) <= most;
  return fits(PK, LONGEST_KEY.PK) && fits(SK, LONGEST_KEY.SK);
}

/** The key alone, also of a whole item. */
export const keyOf = ({ PK, SK }: Key): { PK: string; SK: string } => ({ PK, SK });

/** Reads one item, by default consistently. Null when it does not exist, or is expired at `now` (ms since 1970). */
export async function get(key: Key, now?: number, { consistent = true } = {}): Promise<Attributes | null> {
  if (!isValid(key)) return null;
  const { client, table } = connected();
  const command = new GetCommand({ TableName: table, Key: keyOf(key), ConsistentRead: consistent });
  const { Item } = await client.send(command);
  return Item && !isExpired(Item, now) ? Item : null;
}

function isExpired(item: Attributes, now: number | undefined): boolean {
  return now !== undefined && typeof item.expiresAt === 'number' && item.expiresAt * 1000 <= now;
}

/** The result of a write whose condition held; or the stored item, when the condition failed and the call asks for it. */
type Conditional<T> =
  | { readonly holds: true; readonly answer: T }
  | { readonly holds: false; readonly item: Attributes | null };

/**
 * Sends a write. DynamoDB refuses a write of an item that is part of a transaction at this moment, and the SDK does not
 * repeat it: that is done here.
 */
function write<T>(send: () => Promise<T>): Promise<Conditional<T>> {
  return retrying('a write of an item', () => send().then((answer) => ({ holds: true as const, answer }), refusalOf));
}

function refusalOf(error: unknown) {
  if (error instanceof TransactionConflictException) return AGAIN;
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
  return { holds: false as const, item: error.Item ? unmarshall(error.Item) : null };
}

/** Writes one item. False when the condition does not hold. @throws Busy */
export async function put(item: Key & Attributes, condition?: Expression): Promise<boolean> {
  const { client, table } = connected();
  const input = { TableName: table, Item: item, ...conditionOf(condition), ...placeholdersOf(condition) };
  return (await write(() => client.send(new PutCommand(input)))).holds;
}

/** The item after an update; or the stored item for which the condition of the update does not hold. */
export type Updated =
  | { readonly done: true; readonly item: Attributes }
  | { readonly done: false; readonly item: Attributes | null };

/** Updates one item. Returns the stored item when the condition does not hold. @throws Busy */
export async function updateOrRead(key: Key, change: Expression, condition: Expression): Promise<Updated> {
  const result = await updated(key, change, condition, 'ALL_OLD');
  if (!result.holds) return { done: false, item: result.item };
  return { done: true, item: result.answer.Attributes ?? {} };
}

/** Updates one item, and returns it as it is after the update. Null when the condition does not hold. @throws Busy */
export async function update(key: Key, change: Expression, condition?: Expression): Promise<Attributes | null> {
  const result = await updated(key, change, condition, 'NONE');
  return result.holds ? (result.answer.Attributes ?? {}) : null;
}

function updated(key: Key, change: Expression, condition: Expression | undefined, onFailure: 'ALL_OLD' | 'NONE') {
  const { client, table } = connected();
  const input = {
    TableName: table,
    Key: keyOf(key),
    UpdateExpression: change.expression,
    ReturnValues: 'ALL_NEW' as const,
    ReturnValuesOnConditionCheckFailure: onFailure,
    ...conditionOf(condition),
    ...placeholdersOf(change, condition),
  };
  return write(() => client.send(new UpdateCommand(input)));
}

/** Deletes one item. False when the condition does not hold. @throws Busy */
export async function remove(key: Key, condition?: Expression): Promise<boolean> {
  const { client, table } = connected();
  const input = { TableName: table, Key: keyOf(key), ...conditionOf(condition), ...placeholdersOf(condition) };
  return (await write(() => client.send(new DeleteCommand(input)))).holds;
}
