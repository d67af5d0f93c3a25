import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  type BatchStatementRequest,
  type BatchStatementResponse,
  BatchWriteItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { inParallel } from '../../domain/in-parallel.ts';
import type { Key } from '../keys.ts';
import { type Attributes, connected, keyOf, marshalled } from './client.ts';
import { plain } from './plain.ts';
import { untilNoneLeft } from './retrying.ts';
import { storedValue } from './stored.ts';

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
    for (const item of Responses[table] ?? []) found.push(plain(item));
    return UnprocessedKeys[table]?.Keys ?? [];
  });
  return found;
}

/** Keys as the table takes them, each once. */
function distinct(keys: readonly Key[]): readonly RawKey[] {
  const seen = new Map<string, Set<string>>();
  return keys
    .filter(({ PK, SK }) => {
      const there = seen.get(SK);
      if (!there) seen.set(SK, new Set([PK]));
      else if (there.has(PK)) return false;
      else there.add(PK);
      return true;
    })
    .map(keyOf);
}

/**
 * Reads many items by key, in calls of a hundred; what the table leaves unprocessed is asked for again.
 * The order is not that of the keys, and a key that stands twice is read once.
 */
export async function getMany(keys: readonly Key[], { consistent = false } = {}): Promise<readonly Attributes[]> {
  const read = await inParallel(inChunks(distinct(keys), 100), 8, (chunk) => readChunk(chunk, consistent));
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
  if (error.Code === 'DuplicateItem') return { inserted: false, there: error.Item ? plain(error.Item) : {} };
  if (error.Code && PASSING.has(error.Code)) return 'again';
  throw new Error(`an insert failed: ${error.Code}`);
}

/** An item that is to be put where none stands yet. */
export type Insert = BatchStatementRequest;

/**
 * Makes inserts of items with these attributes, given their values in the same order. The names are Roster's own; what
 * people wrote is only ever in the values.
 */
export function inserter(names: readonly string[]): (values: AttributeValue[]) => Insert {
  const item = names.map((name) => `'${name}': ?`).join(', ');
  let made = { table: '', statement: '' };
  return (values) => {
    const { table } = connected();
    if (made.table !== table) made = { table, statement: `INSERT INTO "${table}" VALUE {${item}}` };
    return { Statement: made.statement, Parameters: values };
  };
}

/** The insert of any item; what is undefined is left out. */
export function insertOf(item: Key & Attributes): Insert {
  const given = Object.entries(item).filter(([, value]) => value !== undefined);
  return inserter(given.map(([name]) => name))(given.map(([, value]) => storedValue(value)));
}

async function insertChunk(inserts: readonly Insert[]): Promise<Inserted[]> {
  const { client } = connected();
  const outcomes: Inserted[] = [];
  await untilNoneLeft([...inserts.keys()], async (left) => {
    const Statements = left.flatMap((index) => inserts[index] ?? []);
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
export async function insertMany(inserts: readonly Insert[], atOnce = 8): Promise<readonly Inserted[]> {
  const answers = await inParallel(inChunks(inserts, 25), atOnce, insertChunk);
  return answers.flat();
}
