import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Key } from '../keys.ts';
import { type Attributes, connected } from './client.ts';
import { conditionOf, type Expression, placeholdersOf } from './expression.ts';
import { keyOf } from './operations.ts';
import { AGAIN, retrying } from './retrying.ts';

/** One part of a transaction. A condition that does not hold returns the item that it was checked against. */
export type Part = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** A transaction that was carried out; or the parts whose condition does not hold, by position, with the items there. */
export type Outcome =
  | { readonly done: true }
  | { readonly done: false; readonly failed: ReadonlyMap<number, Attributes | null> };

/** The names and values of these expressions, and the condition among them, as every part takes them. */
function common(condition: Expression | undefined, ...others: readonly Expression[]) {
  return {
    TableName: connected().table,
    ...conditionOf(condition),
    ...(condition && { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const }),
    ...placeholdersOf(...others, condition),
  };
}

/*
 * Each kind of part has a function of its own, so that a function's bundle holds those that it writes and no other: its
 * permissions are read from there.
 */

/** Puts an item. */
export const putPart = (item: Key & Attributes, condition?: Expression): Part => ({
  Put: { ...common(condition), Item: item },
});

/** Deletes an item. */
export const removePart = (at: Key, condition?: Expression): Part => ({
  Delete: { ...common(condition), Key: keyOf(at) },
});

/** Changes an item. */
export const updatePart = (at: Key, change: Expression, condition?: Expression): Part => ({
  Update: { ...common(condition, change), Key: keyOf(at), UpdateExpression: change.expression },
});

/** Holds the transaction to a condition on an item that it does not write. */
export const checkPart = (at: Key, condition: Expression): Part => ({
  ConditionCheck: { ...common(condition), Key: keyOf(at), ConditionExpression: condition.expression },
});

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

async function attempted(TransactItems: Part[]): Promise<Outcome | typeof AGAIN> {
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
  return retrying('a transaction', () => attempted([...parts]));
}
