import {
  BatchExecuteStatementCommand,
  type BatchExecuteStatementCommandOutput,
  BatchGetCommand,
  BatchWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import type { Key } from '../keys.ts';
import { type Attributes, connected } from './client.ts';
import { keyOf } from './operations.ts';
import { AGAIN, untilNoneLeft } from './retrying.ts';

/** The calls of one batch that are under way at once. */
const AT_ONCE = { concurrency: 8 };

function inChunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, n) => list.slice(n * size, n * size + size));
}

async function readChunk(keys: readonly Key[], consistent: boolean): Promise<Attributes[]> {
  const { client, table } = connected();
  const found: Attributes[] = [];
  await untilNoneLeft<Attributes>(keys, async (left) => {
    const RequestItems = { [table]: { Keys: [...left], ConsistentRead: consistent } };
    const { Responses = {}, UnprocessedKeys = {} } = await client.send(new BatchGetCommand({ RequestItems }));
    for (const item of Responses[table] ?? []) found.push(item);
    return UnprocessedKeys[table]?.Keys ?? [];
  });
  return found;
}

/** The keys as parameters of a call, each once: DynamoDB refuses a batch that names a key twice. */
function distinct(keys: readonly Key[]): readonly Key[] {
  const seen = new Map<string, Set<string>>();
  return keys
    .filter(({ PK, SK }) => {
      const partitions = seen.get(SK);
      if (!partitions) seen.set(SK, new Set([PK]));
      else if (partitions.has(PK)) return false;
      else partitions.add(PK);
      return true;
    })
    .map(keyOf);
}

/**
 * Reads many items by key, in calls of a hundred. The order is not that of the keys, and a key that is given twice is read
 * once.
 *
 * @throws Busy
 */
export async function getMany(keys: readonly Key[], { consistent = false } = {}): Promise<readonly Attributes[]> {
  const read = await pMap(inChunks(distinct(keys), 100), (chunk) => readChunk(chunk, consistent), AT_ONCE);
  return read.flat();
}

type Write = { PutRequest: { Item: Attributes } } | { DeleteRequest: { Key: Attributes } };

async function writeChunk(writes: readonly Write[]): Promise<void> {
  const { client, table } = connected();
  await untilNoneLeft<object>(writes, async (left) => {
    const { UnprocessedItems = {} } = await client.send(
      new BatchWriteCommand({ RequestItems: { [table]: [...left] } }),
    );
    return UnprocessedItems[table] ?? [];
  });
}

/** Puts and deletes many items without conditions, in calls of twenty-five. No key may stand twice. @throws Busy */
export async function writeMany(puts: readonly (Key & Attributes)[], deletes: readonly Key[] = []): Promise<void> {
  const writes: Write[] = [
    ...puts.map((item) => ({ PutRequest: { Item: item } })),
    ...deletes.map((key) => ({ DeleteRequest: { Key: keyOf(key) } })),
  ];
  await pMap(inChunks(writes, 25), writeChunk, AT_ONCE);
}

/** Errors of one statement that say nothing about the item: the statement is sent again. */
const PASSING = new Set([
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
  'RequestLimitExceeded',
  'TransactionConflict',
  'InternalServerError',
]);

type Response = NonNullable<BatchExecuteStatementCommandOutput['Responses']>[number];

/** True when an item was inserted, false when another one has its key. */
function outcomeOf(response: Response | undefined): boolean | typeof AGAIN {
  const error = response?.Error;
  if (!error) return true;
  if (error.Code === 'DuplicateItem') return false;
  if (error.Code && PASSING.has(error.Code)) return AGAIN;
  throw new Error(`an insert failed: ${error.Code}`);
}

/** A statement that puts an item whose key does not exist yet. */
export type Insert = { readonly Statement: string; readonly Parameters: unknown[] };

/**
 * Makes inserts of items with these attributes from their values, in the same order. The names are Roster's own; text of a
 * user stands in the values only.
 */
export function inserter(names: readonly string[]): (values: unknown[]) => Insert {
  const item = names.map((name) => `'${name}': ?`).join(', ');
  let made = { table: '', statement: '' };
  return (values) => {
    const { table } = connected();
    if (made.table !== table) made = { table, statement: `INSERT INTO "${table}" VALUE {${item}}` };
    return { Statement: made.statement, Parameters: values };
  };
}

/** The insert of any item; attributes that are undefined are left out. */
export function insertOf(item: Key & Attributes): Insert {
  const given = Object.entries(item).filter(([, value]) => value !== undefined);
  return inserter(given.map(([name]) => name))(given.map(([, value]) => value));
}

async function insertChunk(inserts: readonly Insert[]): Promise<boolean[]> {
  const { client } = connected();
  const outcomes: boolean[] = [];
  await untilNoneLeft([...inserts.keys()], async (left) => {
    const Statements = left.flatMap((index) => inserts[index] ?? []);
    const { Responses = [] } = await client.send(new BatchExecuteStatementCommand({ Statements }));
    return left.filter((index, position) => {
      const outcome = outcomeOf(Responses[position]);
      if (outcome !== AGAIN) outcomes[index] = outcome;
      return outcome === AGAIN;
    });
  });
  return outcomes;
}

/**
 * Puts many items whose keys do not exist yet, in calls of twenty-five and at the price of single conditional puts:
 * PartiQL's INSERT is the one batch with a condition.
 *
 * @returns in the order of the inserts, false for those whose key exists already
 * @throws Busy
 */
export async function insertMany(inserts: readonly Insert[]): Promise<readonly boolean[]> {
  const outcomes = await pMap(inChunks(inserts, 25), insertChunk, AT_ONCE);
  return outcomes.flat();
}
