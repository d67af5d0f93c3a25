import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Key } from '../keys.ts';
import { type Attributes, connected } from './client.ts';
import { type Expression, placeholdersOf } from './expression.ts';

/** A query of one partition, or of the index. */
export type Question = {
  readonly key: Expression;
  readonly index?: string;
  readonly limit?: number;
  readonly after?: Key | Attributes | undefined;
  readonly newestFirst?: boolean;
  readonly consistent?: boolean;
  readonly count?: boolean;
  /** Items that do not match are left out of the page; `limit` counts them. */
  readonly filter?: Expression;
};

/** One page of a query: the next one begins behind `next`, which is undefined at the end. */
export type Page = {
  readonly items: readonly Attributes[];
  readonly count: number;
  readonly next: Attributes | undefined;
};

/** Reads one page. */
export async function page(question: Question): Promise<Page> {
  const { client, table } = connected();
  const command = new QueryCommand({
    TableName: table,
    KeyConditionExpression: question.key.expression,
    ScanIndexForward: question.newestFirst !== true,
    ConsistentRead: question.consistent ?? false,
    ...placeholdersOf(question.key, question.filter),
    ...(question.filter && { FilterExpression: question.filter.expression }),
    ...(question.index && { IndexName: question.index }),
    ...(question.limit && { Limit: question.limit }),
    ...(question.after && { ExclusiveStartKey: question.after }),
    ...(question.count && { Select: 'COUNT' as const }),
  });
  const { Items = [], Count = 0, LastEvaluatedKey } = await client.send(command);
  return { items: Items, count: Count, next: LastEvaluatedKey };
}

/** Reads a partition page by page, so that no more than one page is held in memory. */
export async function* pages(question: Question): AsyncGenerator<Page> {
  let after = question.after;
  do {
    const one: Page = await page({ ...question, after });
    yield one;
    after = one.next;
  } while (after);
}

/** The key condition of a whole partition, or of its items whose sort key begins with a prefix. */
export function inPartition(name: string, prefix?: string): Expression {
  if (prefix === undefined) return { expression: 'PK = :pk', values: { ':pk': name } };
  return { expression: 'PK = :pk AND begins_with(SK, :prefix)', values: { ':pk': name, ':prefix': prefix } };
}
