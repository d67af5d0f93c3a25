import { type TransactWriteItem, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Key } from '../keys.ts';
import { type Attributes, bound, connected, type Expression, keyOf, marshalled } from './client.ts';
import { Busy, pause } from './retrying.ts';

/** One part of a transaction. A condition that fails gives the item that stood there. */
export type Part =
  | { readonly put: Key & Attributes; readonly condition?: Expression }
  | { readonly remove: Key; readonly condition?: Expression }
  | { readonly update: Key; readonly change: Expression; readonly condition?: Expression }
  | { readonly check: Key; readonly condition: Expression };

/** Whether a transaction was carried out; if not, the parts whose condition failed, by position, and what stood there. */
export type Outcome =
  | { readonly done: true }
  | { readonly done: false; readonly failed: ReadonlyMap<number, Attributes | null> };

function written(part: Part, table: string): TransactWriteItem {
  const condition = part.condition && {
    ConditionExpression: part.condition.expression,
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
  const common = { TableName: table, ...condition };
  if ('put' in part) return { Put: { ...common, Item: marshalled(part.put), ...bound(part.condition) } };
  if ('remove' in part) return { Delete: { ...common, Key: keyOf(part.remove), ...bound(part.condition) } };
  if ('update' in part) {
    const names = bound(part.change, part.condition);
    return {
      Update: { ...common, Key: keyOf(part.update), UpdateExpression: part.change.expression, ...names },
    };
  }
  return {
    ConditionCheck: {
      ...common,
      ConditionExpression: part.condition.expression,
      Key: keyOf(part.check),
      ...bound(part.condition),
    },
  };
}

type Reason = { readonly Code?: string | undefined; readonly Item?: Parameters<typeof unmarshall>[0] | undefined };

function reasonsOf(error: unknown): readonly Reason[] | null {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return null;
  return 'CancellationReasons' in error && Array.isArray(error.CancellationReasons) ? error.CancellationReasons : null;
}

/** What a cancelled transaction says of its parts: null when nothing but a passing clash stopped it. */
function failedParts(reasons: readonly Reason[]): ReadonlyMap<number, Attributes | null> | null {
  const failed = new Map<number, Attributes | null>();
  for (const [index, { Code, Item }] of reasons.entries()) {
    if (Code === 'ConditionalCheckFailed') failed.set(index, Item ? unmarshall(Item) : null);
  }
  return failed.size > 0 ? failed : null;
}

async function attempted(TransactItems: TransactWriteItem[]): Promise<Outcome | 'clash'> {
  try {
    await connected().client.send(new TransactWriteItemsCommand({ TransactItems }));
    return { done: true };
  } catch (error) {
    const reasons = reasonsOf(error);
    if (!reasons) throw error;
    const failed = failedParts(reasons);
    return failed ? { done: false, failed } : 'clash';
  }
}

const MOST_ATTEMPTS = 12;

/**
 * Writes up to a hundred items, all or none. Two transactions that touch one item at once cancel each other: that is
 * tried again, with jitter; a condition that fails is an answer.
 *
 * @throws Busy when they go on for too long
 */
export async function transact(parts: readonly Part[]): Promise<Outcome> {
  const items = parts.map((part) => written(part, connected().table));
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
    const outcome = await attempted(items);
    if (outcome !== 'clash') return outcome;
    await pause(attempt);
  }
  throw new Busy('a transaction clashed with others too often');
}
