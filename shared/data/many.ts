import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
  BatchWriteItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { inParallel } from '../domain/in-parallel.ts';
import type { Key } from './keys.ts';
import { untilNoneLeft } from './pace.ts';
import { storedValue } from './stored.ts';
import { type Attributes, connected, keyOf, marshalled } from './table.ts';

function inChunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, n * size + size));
}

type RawKey = ReturnType<typeof marshalled>;

async function readChunk(keys: readonly RawKey[], consistent: boolean): Promise<Attributes[]> {
  const { client, table } = connected();
  const found: Attributes[] = [];
  await untilNoneLeft(keys, async (left) => {
    const RequestItems = { [table]: { Keys: [...left], ConsistentRead: consistent } };
    const { Responses = {}, UnprocessedKeys = {} } = await client.send(new BatchGetItemCommand({ RequestItems }));
    for (const item of Responses[table] ?? []) found.push(unmarshall(item));
    return UnprocessedKeys[table]?.Keys ?? [];
  });
  return found;
}

/**
 * Reads many items by key, in calls of a hundred; what the table leaves unprocessed is asked for again.
 * The order is not that of the keys, and a key that stands twice is read once.
 */
export async function getMany(keys: readonly Key[], { consistent = false } = {}): Promise<readonly Attributes[]> {
  const distinct = new Map<string, RawKey>();
  for (const key of keys) distinct.set(`${key.PK}\n${key.SK}`, keyOf(key));
  const read = await inParallel(inChunks([...distinct.values()], 100), 8, (chunk) => readChunk(chunk, consistent));
  return read.flat();
}

async function writeChunk(requests: readonly WriteRequest[]): Promise<void> {
  const { client, table } = connected();
  await untilNoneLeft(requests, async (left) => {
    const { UnprocessedItems = {} } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [table]: [...left] } }),
    );
    return UnprocessedItems[table] ?? [];
  });
}

/** Puts and deletes many items without conditions, in calls of twenty-five; no key may stand twice. */
export async function writeMany(puts: readonly (Key & Attributes)[], deletes: readonly Key[] = []): Promise<void> {
  const requests: WriteRequest[] = [
    ...puts.map((item) => ({ PutRequest: { Item: marshalled(item) } })),
    ...deletes.map((key) => ({ DeleteRequest: { Key: keyOf(key) } })),
  ];
  await inParallel(inChunks(requests, 25), 8, writeChunk);
}

/** What became of one item of `insertMany`: it is there now, or the item that stood there already. */
export type Inserted = { readonly inserted: true } | { readonly inserted: false; readonly there: Attributes };

/** Errors of one statement that say nothing about the item: the statement is sent again. */
const PASSING = new Set([
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'TransactionConflict',
  'InternalServerError',
]);

const INSERTED: Inserted = { inserted: true };

function outcomeOf(response: BatchStatementResponse | undefined): Inserted | 'again' {
  const error = response?.Error;
  if (!error) return INSERTED;
  if (error.Code === 'DuplicateItem') return { inserted: false, there: error.Item ? unmarshall(error.Item) : {} };
  if (error.Code && PASSING.has(error.Code)) return 'again';
  throw new Error(`an insert failed: ${error.Code}`);
}

/** The statements that were made before, by their attributes. Most kinds of items have few; memberships have any. */
const shapes = new Map<string, string>();
const MOST_SHAPES = 1_000;

/** The names are Roster's own attributes; what people wrote is only ever in the parameters. */
function shapeOf(joined: string): string {
  const known = shapes.get(joined);
  if (known !== undefined) return known;
  if (shapes.size === MOST_SHAPES) shapes.clear();
  const shape = joined
    .split(',')
    .map((name) => `'${name}': ?`)
    .join(', ');
  shapes.set(joined, shape);
  return shape;
}

function insertion(item: Key & Attributes, table: string): BatchStatementRequest {
  const names: string[] = [];
  const Parameters: AttributeValue[] = [];
  for (const name in item) {
    const value = item[name];
    if (value === undefined) continue;
    names.push(name);
    Parameters.push(storedValue(value));
  }
  return { Statement: `INSERT INTO "${table}" VALUE {${shapeOf(names.join())}}`, Parameters };
}

async function insertChunk(items: readonly (Key & Attributes)[]): Promise<Inserted[]> {
  const { client, table } = connected();
  const statements = items.map((item) => insertion(item, table));
  const outcomes: Inserted[] = [];
  await untilNoneLeft([...items.keys()], async (left) => {
    const Statements = left.flatMap((index) => statements[index] ?? []);
    const { Responses = [] } = await client.send(new BatchExecuteStatementCommand({ Statements }));
    return left.filter((index, position) => {
      const outcome = outcomeOf(Responses[position]);
      if (outcome !== 'again') outcomes[index] = outcome;
      return outcome === 'again';
    });
  });
  return outcomes;
}

/**
 * Puts many items, each only where none stands yet, in calls of twenty-five and at the price of single conditional puts:
 * PartiQL's INSERT is the one batch that takes a condition. The answers stand in the order of the items; an item that
 * was there already is given when the table tells it, else as an empty one.
 */
export async function insertMany(items: readonly (Key & Attributes)[], atOnce = 8): Promise<readonly Inserted[]> {
  const answers = await inParallel(inChunks(items, 25), atOnce, insertChunk);
  return answers.flat();
}
