import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Call, intercept } from './intercept.ts';

/** The request units that calls of the table cost, by AWS's rules for items on demand. */
export type Ledger = { wru: number; rru: number };

/** The bytes of a value as DynamoDB counts them, near enough for items far from a boundary of a unit. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (value === null || typeof value === 'boolean') return 1;
  if (value === undefined) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + bytesOf(one) + 1, 3);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return entries.reduce((sum, [name, one]) => sum + Buffer.byteLength(name) + bytesOf(one) + 1, 3);
}

const sizeOf = (item: unknown) => (item ? bytesOf(item) - 3 : 0);
const writeUnits = (bytes: number) => Math.max(1, Math.ceil(bytes / 1024));
const readUnits = (bytes: number, consistent: boolean) => Math.max(1, Math.ceil(bytes / 4096)) * (consistent ? 1 : 0.5);

type Input = Call['input'];

/** The cost of one call: a read of nothing costs as much as one of the smallest item, and a failed condition as a write. */
function costOf({ name, input }: Call, output: Input): Ledger {
  switch (name) {
    case 'GetItem':
      return { wru: 0, rru: readUnits(sizeOf(output.Item), input.ConsistentRead === true) };
    case 'BatchGetItem':
      return batchGet(input, output);
    case 'Query':
      return query(input, output);
    case 'PutItem':
      return { wru: writeUnits(sizeOf(input.Item)), rru: 0 };
    case 'UpdateItem':
      return { wru: writeUnits(sizeOf(output.Attributes)), rru: 0 };
    case 'DeleteItem':
      return { wru: 1, rru: 0 };
    case 'BatchExecuteStatement':
      return { wru: input.Statements.reduce((sum: number, one: Input) => sum + statement(one), 0), rru: 0 };
    case 'TransactWriteItems':
      return { wru: 2 * input.TransactItems.reduce((sum: number, one: Input) => sum + transacted(one), 0), rru: 0 };
    case 'BatchWriteItem':
      return {
        wru: Object.values<Input[]>(input.RequestItems)
          .flat()
          .reduce((sum, one) => sum + writeUnits(sizeOf(one.PutRequest?.Item)), 0),
        rru: 0,
      };
    default:
      throw new Error(`the ledger does not know ${name}`);
  }
}

function batchGet(input: Input, output: Input): Ledger {
  let rru = 0;
  for (const [table, { Keys, ConsistentRead }] of Object.entries<Input>(input.RequestItems)) {
    const found: unknown[] = output.Responses?.[table] ?? [];
    for (const item of found) rru += readUnits(sizeOf(item), ConsistentRead === true);
    rru += (Keys.length - found.length) * readUnits(0, ConsistentRead === true);
  }
  return { wru: 0, rru };
}

function query(input: Input, output: Input): Ledger {
  const bytes = (output.Items ?? []).reduce((sum: number, item: unknown) => sum + sizeOf(item), 0);
  return { wru: 0, rru: readUnits(bytes, input.ConsistentRead === true) };
}

/** An INSERT gives the whole item in its parameters. */
const statement = ({ Parameters = [] }: Input) =>
  writeUnits(Parameters.reduce((sum: number, value: unknown) => sum + sizeOf({ value }) + 4, 0));

const transacted = ({ Put, Update, Delete, ConditionCheck }: Input) =>
  Update || Delete || ConditionCheck ? 1 : writeUnits(sizeOf(Put.Item));

/** Adds up the cost of the calls of this client from now on. */
export function openLedger(client: DynamoDBClient): Ledger {
  const ledger: Ledger = { wru: 0, rru: 0 };
  intercept(client, async (call, send) => {
    const output = await send(call.input);
    const cost = costOf(call, output);
    ledger.wru += cost.wru;
    ledger.rru += cost.rru;
    return output;
  });
  return ledger;
}
