import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Key } from '../keys.ts';
import { type Attributes, connected } from './client.ts';
import { conditionOf, type Expression, placeholdersOf } from './expression.ts';
import { keyOf } from './operations.ts';
import { AGAIN, retrying } from './retrying.ts';

/** One part of a transaction. A condition that does not hold returns the item that it was checked against. */
export type Part =
  | { readonly put: Key & Attributes; readonly condition?: Expression }
  | { readonly remove: Key; readonly condition?: Expression }
  | { readonly update: Key; readonly change: Expression; readonly condition?: Expression }
  | { readonly check: Key; readonly condition: Expression };

/** A transaction that was carried out; or the parts whose condition does not hold, by position, with the items there. */
export type Outcome =
  | { readonly done: true }
  | { readonly done: false; readonly failed: ReadonlyMap<number, Attributes | null> };

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

function transactItem(part: Part, table: string): TransactItem {
  const common = {
    TableName: table,
    ...conditionOf(part.condition),
    ...(part.condition && { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const }),
  };
  if ('put' in part) return { Put: { ...common, Item: part.put, ...placeholdersOf(part.condition) } };
  if ('remove' in part) return { Delete: { ...common, Key: keyOf(part.remove), ...placeholdersOf(part.condition) } };
  if ('update' in part) {
    const { update, change, condition } = part;
    const placeholders = placeholdersOf(change, condition);
    return { Update: { ...common, Key: keyOf(update), UpdateExpression: change.expression, ...placeholders } };
  }
  const { check, condition } = part;
  return {
    ConditionCheck: {
      ...common,
      Key: keyOf(check),
      ConditionExpression: condition.expression,
      ...placeholdersOf(condition),
    },
  };
}

/** Reasons for which a transaction is sent again: another one on the same items, and throttling. */
const PASSING: ReadonlySet<string> = new Set([
  'None',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

type Reasons = NonNullable<TransactionCanceledException['CancellationReasons']>;

/** The parts whose condition does not hold. */
function failedParts(reasons: Reasons): ReadonlyMap<number, Attributes | null> {
  const failed = new Map<number, Attributes | null>();
  for (const [index, { Code, Item }] of reasons.entries()) {
    if (Code === 'ConditionalCheckFailed') failed.set(index, Item ? unmarshall(Item) : null);
  }
  return failed;
}

async function attempted(TransactItems: TransactItem[]): Promise<Outcome | typeof AGAIN> {
  try {
    await connected().client.send(new TransactWriteCommand({ TransactItems }));
    return { done: true };
  } catch (error) {
    if (!(error instanceof TransactionCanceledException)) throw error;
    const reasons = error.CancellationReasons ?? [];
    const failed = failedParts(reasons);
    if (failed.size > 0) return { done: false, failed };
    if (reasons.every(({ Code = '' }) => PASSING.has(Code))) return AGAIN;
    throw error;
  }
}

/**
 * Writes up to a hundred items, all or none. Two transactions on one item cancel each other and are sent again; a
 * condition that does not hold is an answer.
 *
 * @throws Busy
 */
export function transact(parts: readonly Part[]): Promise<Outcome> {
  const items = parts.map((part) => transactItem(part, connected().table));
  return retrying('a transaction', () => attempted(items));
}
