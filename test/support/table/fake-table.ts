import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Attributes, Connection } from '../../../shared/data/table/client.ts';
import { holds, updated } from './fake-expressions.ts';
import { intercept } from './intercept.ts';

type BatchWrite = {
  readonly PutRequest?: { readonly Item: Attributes };
  readonly DeleteRequest?: { readonly Key: Attributes };
};

/** The parameters of the operations that it knows, as the document client is given them. */
type Input = {
  readonly Key?: Attributes;
  readonly Item?: Attributes;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Attributes;
  readonly ExclusiveStartKey?: Attributes;
  readonly IndexName?: string;
  readonly Limit?: number;
  readonly ScanIndexForward?: boolean;
  readonly Select?: string;
  readonly ReturnValues?: string;
  readonly ReturnValuesOnConditionCheckFailure?: string;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly Statements?: readonly { readonly Statement: string; readonly Parameters?: readonly unknown[] }[];
  readonly TransactItems?: readonly Readonly<Record<string, Input>>[];
};

/** One call: the operation (`GetItem`), and its parameters. */
export type Command = { readonly name: string; readonly input: Input };

/** The pages of a query end here when it names no limit: shorter than a megabyte, so that pages are met in tests. */
const PAGE = 250;

/** Attributes as they come back after they were stored: without what is undefined. */
const stored = (attributes: Attributes): Attributes =>
  unmarshall(marshall(attributes, { removeUndefinedValues: true }), { wrapNumbers: Number });

/** Errors hold items in DynamoDB's own notation, also those of the document client. */
const raw = (item: Attributes | null) => (item ? { Item: marshall(item) } : {});

const nameOf = ({ PK, SK }: Attributes) => `${PK}\n${SK}`;

/**
 * DynamoDB in memory, as far as the data room uses it, behind a real document client: it answers in the place of the network.
 * `gate` is awaited before each call, so that a test decides the order of calls. Calls are atomic, and `onChange` is
 * called with each change. `test/data/fake-table.test.ts` holds it against DynamoDB Local.
 */
export class FakeTable {
  readonly items = new Map<string, Attributes>();
  /** The entities of items that did not parse. */
  readonly unreadable: string[] = [];
  gate: (command: Command) => Promise<void> = async () => {};
  onChange: (change: { before: Attributes | null; after: Attributes | null }) => void = () => {};

  /** A connection for the data room. */
  connection(shards: number): Connection {
    const onUnreadable = (entity: string) => void this.unreadable.push(entity);
    return { client: this.client(), table: 'fake', secret: 'a secret of the tests', shards, onUnreadable };
  }

  /** A client that reaches this table and nothing else. */
  client(): DynamoDBClient {
    const client = new DynamoDBClient({ region: 'us-east-1' });
    intercept(client, async (command) => {
      await this.gate(command);
      return this.#run(command);
    });
    return client;
  }

  /** The items whose partition begins with this. */
  under(prefix: string): Attributes[] {
    return [...this.items.values()].filter(({ PK }) => String(PK).startsWith(prefix));
  }

  #at(key: Attributes): Attributes | null {
    return this.items.get(nameOf(key)) ?? null;
  }

  #write(key: Attributes, after: Attributes | null): void {
    const before = this.#at(key);
    if (after) this.items.set(nameOf(key), after);
    else this.items.delete(nameOf(key));
    // As on a stream, a write that leaves an item as it was is no change.
    if (JSON.stringify(before) !== JSON.stringify(after)) this.onChange({ before, after });
  }

  #scope(input: Input, item: Attributes | null) {
    const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = input;
    return { names, values, item };
  }

  async #run({ name, input }: Command): Promise<object> {
    switch (name) {
      case 'GetItem': {
        const Item = this.#at(input.Key ?? {});
        return Item ? { Item } : {};
      }
      case 'PutItem':
      case 'DeleteItem':
      case 'UpdateItem':
        return this.#conditional(name.replace('Item', ''), input);
      case 'Query':
        return this.#query(input);
      case 'BatchGetItem':
        return this.#batchGet({ name, input });
      case 'BatchWriteItem':
        return this.#batchWrite({ name, input });
      case 'BatchExecuteStatement':
        return this.#insert({ name, input });
      case 'TransactWriteItems':
        return this.#transact(input.TransactItems ?? []);
      default:
        throw new Error(`the fake table does not know ${name}`);
    }
  }

  #conditional(verb: string, input: Input): object {
    const item = this.#at(keyOf(verb, input));
    if (!holds(input.ConditionExpression, this.#scope(input, item))) {
      const isAsked = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
      const message = 'The conditional request failed';
      throw new ConditionalCheckFailedException({ message, $metadata: {}, ...(isAsked && raw(item)) });
    }
    return this.#single(verb, input);
  }

  #single(verb: string, input: Input): object {
    const key = keyOf(verb, input);
    if (verb === 'Put') this.#write(key, stored(key));
    else if (verb === 'Delete') this.#write(key, null);
    else {
      const item = updated(input.UpdateExpression ?? '', this.#scope(input, this.#at(key)));
      const after = stored({ ...item, PK: key.PK, SK: key.SK });
      this.#write(key, after);
      return input.ReturnValues === 'ALL_NEW' ? { Attributes: after } : {};
    }
    return {};
  }

  #query(input: Input): object {
    const { Limit = PAGE, ScanIndexForward = true, ExclusiveStartKey, Select, FilterExpression, IndexName } = input;
    // The table has one index, and a query of it names both of its keys.
    const [partition, sort] = IndexName ? ['GSI1PK', 'GSI1SK'] : ['PK', 'SK'];
    const start = ExclusiveStartKey ?? null;
    const places = (item: Attributes) => [sort, 'PK', 'SK'].map((name) => String(item[name]));
    const order = (a: Attributes, b: Attributes) => {
      const [left, right] = [places(a), places(b)];
      const at = left.findIndex((one, n) => one !== right[n]);
      return at < 0 ? 0 : String(left[at]) < String(right[at]) === ScanIndexForward ? -1 : 1;
    };
    const matching = [...this.items.values()]
      .filter((item) => partition in item && holds(input.KeyConditionExpression, this.#scope(input, item)))
      .filter((item) => !start || order(start, item) < 0)
      .sort(order);
    const page = matching.slice(0, Limit);
    const shown = page.filter((item) => holds(FilterExpression, this.#scope(input, item)));
    const last = page.at(-1);
    // DynamoDB does not look behind the last item of a full page: it says that more may come.
    const more = last && page.length === Limit;
    const lastKey = last && Object.fromEntries(['PK', 'SK', partition, sort].map((name) => [name, last[name]]));
    return {
      ...(Select !== 'COUNT' && { Items: shown }),
      Count: shown.length,
      ScannedCount: page.length,
      ...(more && lastKey && { LastEvaluatedKey: lastKey }),
    };
  }

  // A batch is not atomic: other writes may come between any two of its items.
  async #batchGet(command: Command): Promise<object> {
    const [[table, batch] = ['', {}]] = Object.entries(command.input.RequestItems ?? {});
    const { Keys: keys } = batch as { Keys: Attributes[] };
    assertDistinct(keys);
    const found: Attributes[] = [];
    for (const [index, key] of keys.entries()) {
      if (index > 0) await this.gate(command);
      const item = this.#at(key);
      if (item) found.push(item);
    }
    return { Responses: { [table]: found }, UnprocessedKeys: {} };
  }

  async #batchWrite(command: Command): Promise<object> {
    const requests = Object.values(command.input.RequestItems ?? {}).flat() as BatchWrite[];
    const keys = requests.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key ?? {});
    assertDistinct(keys);
    for (const [index, { PutRequest }] of requests.entries()) {
      if (index > 0) await this.gate(command);
      this.#write(keys[index] ?? {}, PutRequest ? stored(PutRequest.Item) : null);
    }
    return { UnprocessedItems: {} };
  }

  /** PartiQL's INSERT, the only statement that the data room knows. */
  async #insert(command: Command): Promise<object> {
    const Responses: object[] = [];
    for (const [index, { Statement, Parameters = [] }] of (command.input.Statements ?? []).entries()) {
      if (index > 0) await this.gate(command);
      const names = [...Statement.matchAll(/'([^']+)': \?/g)].map(([, name = '']) => name);
      const [, TableName = ''] = /INSERT INTO "([^"]+)"/.exec(Statement) ?? [];
      const item = stored(Object.fromEntries(names.map((name, at) => [name, Parameters[at]])));
      if (this.#at(item)) Responses.push({ TableName, Error: { Code: 'DuplicateItem' } });
      else {
        this.#write(item, item);
        Responses.push({ TableName });
      }
    }
    return { Responses };
  }

  #transact(parts: readonly Readonly<Record<string, Input>>[]): object {
    const entries = parts.flatMap((part) => Object.entries(part));
    assertDistinct(entries.map(([verb, input]) => keyOf(verb, input)));
    const reasons = entries.map(([verb, input]) => {
      const item = this.#at(keyOf(verb, input));
      if (holds(input.ConditionExpression, this.#scope(input, item))) return { Code: 'None' };
      const isAsked = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
      return { Code: 'ConditionalCheckFailed', ...(isAsked && raw(item)) };
    });
    if (reasons.some(({ Code }) => Code !== 'None')) {
      const message = 'Transaction cancelled';
      throw new TransactionCanceledException({ message, CancellationReasons: reasons, $metadata: {} });
    }
    for (const [verb, input] of entries) if (verb !== 'ConditionCheck') this.#single(verb, input);
    return {};
  }
}

const keyOf = (verb: string, input: Input): Attributes => (verb === 'Put' ? input.Item : input.Key) ?? {};

/** No batch and no transaction may name an item twice. */
function assertDistinct(keys: readonly Attributes[]): void {
  if (new Set(keys.map(nameOf)).size < keys.length)
    throw Object.assign(new Error('The request names an item twice.'), { name: 'ValidationException' });
}
