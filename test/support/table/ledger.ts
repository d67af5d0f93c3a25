import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';

/** What calls of the table have cost, in request units, by AWS's rules for items on demand. */
export type Ledger = { wru: number; rru: number };

/** Bytes of a value as DynamoDB counts them, near enough for items far from a boundary of a unit. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (value === null || typeof value === 'boolean') return 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + bytesOf(one) + 1, 3);
  return Object.entries(value ?? {}).reduce((sum, [name, one]) => sum + Buffer.byteLength(name) + bytesOf(one) + 1, 3);
}

type Item = Parameters<typeof unmarshall>[0];
const sizeOf = (item: Item | undefined) => (item ? bytesOf(unmarshall(item)) - 3 : 0);
const writeUnits = (bytes: number) => Math.max(1, Math.ceil(bytes / 1024));
const readUnits = (bytes: number, consistent: boolean) => Math.max(1, Math.ceil(bytes / 4096)) * (consistent ? 1 : 0.5);

// biome-ignore lint/suspicious/noExplicitAny: inputs and outputs of whichever command passes by.
type Call = any;

/** What one call cost; a read of nothing costs as much as one of the smallest item, and a failed condition as a write. */
function costOf(name: string, input: Call, output: Call): Ledger {
  switch (name) {
    case 'GetItemCommand':
      return { wru: 0, rru: readUnits(sizeOf(output.Item), input.ConsistentRead === true) };
    case 'BatchGetItemCommand':
      return batchGet(input, output);
    case 'QueryCommand':
      return query(input, output);
    case 'PutItemCommand':
      return { wru: writeUnits(sizeOf(input.Item)), rru: 0 };
    case 'UpdateItemCommand':
      return { wru: writeUnits(sizeOf(output.Attributes)), rru: 0 };
    case 'DeleteItemCommand':
      return { wru: 1, rru: 0 };
    case 'BatchExecuteStatementCommand':
      return { wru: input.Statements.reduce((sum: number, one: Call) => sum + statement(one), 0), rru: 0 };
    case 'TransactWriteItemsCommand':
      return { wru: 2 * input.TransactItems.reduce((sum: number, one: Call) => sum + transacted(one), 0), rru: 0 };
    case 'BatchWriteItemCommand':
      return {
        wru: Object.values<Call[]>(input.RequestItems)
          .flat()
          .reduce((sum, one) => sum + writeUnits(sizeOf(one.PutRequest?.Item)), 0),
        rru: 0,
      };
    default:
      throw new Error(`the ledger does not know ${name}`);
  }
}

function batchGet(input: Call, output: Call): Ledger {
  let rru = 0;
  for (const [table, { Keys, ConsistentRead }] of Object.entries<Call>(input.RequestItems)) {
    const found: Item[] = output.Responses?.[table] ?? [];
    for (const item of found) rru += readUnits(sizeOf(item), ConsistentRead === true);
    rru += (Keys.length - found.length) * readUnits(0, ConsistentRead === true);
  }
  return { wru: 0, rru };
}

function query(input: Call, output: Call): Ledger {
  const bytes = (output.Items ?? []).reduce((sum: number, item: Item) => sum + sizeOf(item), 0);
  return { wru: 0, rru: readUnits(bytes, input.ConsistentRead === true) };
}

/** An INSERT gives the whole item in its parameters. */
const statement = ({ Parameters = [] }: Call) =>
  writeUnits(Parameters.reduce((sum: number, value: Call) => sum + sizeOf({ value }) + 4, 0));

const transacted = ({ Put, Update, Delete, ConditionCheck }: Call) =>
  Update || Delete || ConditionCheck ? 1 : writeUnits(sizeOf(Put.Item));

/** Writes down what calls of this client cost from now on. */
export function openLedger(client: DynamoDBClient): Ledger {
  const ledger: Ledger = { wru: 0, rru: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const cost = costOf(String(context.commandName), args.input, result.output);
      ledger.wru += cost.wru;
      ledger.rru += cost.rru;
      return result;
    },
    { step: 'initialize', name: 'ledger', override: true },
  );
  return ledger;
}
