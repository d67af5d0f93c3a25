import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Attributes, Connection } from '../../../shared/data/table/client.ts';
import { holds, updated } from './fake-expressions.ts';

type Raw = Parameters<typeof unmarshall>[0];
type BatchWrite = { readonly PutRequest?: { readonly Item: Raw }; readonly DeleteRequest?: { readonly Key: Raw } };

/** What the commands that it knows may hold. */
type Input = {
  readonly Key?: Raw;
  readonly Item?: Raw;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly FilterExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Raw;
  readonly ExclusiveStartKey?: Raw;
  readonly Limit?: number;
  readonly ScanIndexForward?: boolean;
  readonly Select?: string;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly Statements?: readonly { readonly Statement: string; readonly Parameters: readonly unknown[] }[];
  readonly TransactItems?: readonly Readonly<Record<string, Input>>[];
};

/** One command of the SDK. */
export type Command = { readonly input: Input; readonly constructor: { readonly name: string } };

const TABLE = 'fake';

class Failed extends Error {
  constructor(name: string, more: object = {}) {
    super(name);
    this.name = name;
    Object.assign(this, { $fault: 'client' }, more);
  }
}

const plain = (attributes: Raw | undefined): Attributes => (attributes ? unmarshall(attributes) : {});

/**
 * DynamoDB in memory, as far as the data room uses it, one command at a time. `gate` is awaited before each command: a
 * test decides there who goes first. Commands are atomic, and what they change is told to `onChange`.
 */
export class FakeTable {
  readonly items = new Map<string, Attributes>();
  gate: (command: Command) => Promise<void> = async () => {};
  onChange: (change: { before: Attributes | null; after: Attributes | null }) => void = () => {};

  /** A connection for the data room. */
  connection(shards: number): Connection {
    const send = async (command: Command) => {
      await this.gate(command);
      return this.#run(command);
    };
    return { client: { send } as unknown as DynamoDBClient, table: TABLE, secret: 'a secret of the tests', shards };
  }

  /** The items whose partition begins with this. */
  under(prefix: string): Attributes[] {
    return [...this.items.values()].filter(({ PK }) => String(PK).startsWith(prefix));
  }

  #at(key: Attributes): Attributes | null {
    return this.items.get(`${key.PK}\n${key.SK}`) ?? null;
  }

  #write(key: Attributes, after: Attributes | null): void {
    const before = this.#at(key);
    const name = `${key.PK}\n${key.SK}`;
    if (after) this.items.set(name, after);
    else this.items.delete(name);
    // As on a stream, a write that leaves an item as it was is no change.
    if (JSON.stringify(before) !== JSON.stringify(after)) this.onChange({ before, after });
  }

  #scope(input: Input, item: Attributes | null) {
    const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values } = input;
    return { names, values: plain(values), item };
  }

  #assert(input: Input, key: Attributes): void {
    if (holds(input.ConditionExpression, this.#scope(input, this.#at(key)))) return;
    throw new Failed('ConditionalCheckFailedException');
  }

  #run(command: Command): object | Promise<object> {
    const {
      constructor: { name },
      input,
    } = command;
    switch (name) {
      case 'GetItemCommand': {
        const item = this.#at(plain(input.Key));
        return item ? { Item: marshall(item) } : {};
      }
      case 'PutItemCommand':
      case 'DeleteItemCommand':
      case 'UpdateItemCommand':
        return this.#single(name.replace('ItemCommand', ''), input);
      case 'QueryCommand':
        return this.#query(input);
      case 'BatchGetItemCommand':
        return this.#batchGet(command);
      case 'BatchWriteItemCommand':
        return this.#batchWrite(command);
      case 'BatchExecuteStatementCommand':
        return this.#insert(command);
      case 'TransactWriteItemsCommand':
        return this.#transact(input.TransactItems ?? []);
      default:
        throw new Error(`the fake table does not know ${name}`);
    }
  }

  #single(verb: string, input: Input): object {
    const key = plain(verb === 'Put' ? input.Item : input.Key);
    this.#assert(input, key);
    if (verb === 'Put') this.#write(key, key);
    else if (verb === 'Delete') this.#write(key, null);
    else {
      const item = this.#at(key);
      const after = updated(input.UpdateExpression ?? '', this.#scope(input, item));
      this.#write(key, { ...after, PK: key.PK, SK: key.SK });
      return { Attributes: marshall(after) };
    }
    return {};
  }

  #query(input: Input): object {
    const { Limit = 250, ScanIndexForward = true, ExclusiveStartKey, Select, FilterExpression } = input;
    const start = ExclusiveStartKey ? plain(ExclusiveStartKey) : null;
    const behind = ({ SK }: Attributes) =>
      !start || (ScanIndexForward ? String(SK) > String(start.SK) : String(SK) < String(start.SK));
    const matching = [...this.items.values()]
      .filter((item) => holds(input.KeyConditionExpression, this.#scope(input, item)) && behind(item))
      .sort((a, b) => (String(a.SK) < String(b.SK) === ScanIndexForward ? -1 : 1));
    const page = matching.slice(0, Limit);
    const shown = page.filter((item) => holds(FilterExpression, this.#scope(input, item)));
    const last = page.at(-1);
    return {
      ...(Select !== 'COUNT' && { Items: shown.map((item) => marshall(item)) }),
      Count: shown.length,
      ...(last && matching.length > page.length && { LastEvaluatedKey: marshall({ PK: last.PK, SK: last.SK }) }),
    };
  }

  // A batch is no unit: others may come between any two of its items.
  async #batchGet(command: Command): Promise<object> {
    const batch = command.input.RequestItems?.[TABLE];
    const { Keys } = batch as { Keys: Raw[] };
    const found: Raw[] = [];
    for (const [index, key] of Keys.entries()) {
      if (index > 0) await this.gate(command);
      const item = this.#at(plain(key));
      if (item) found.push(marshall(item));
    }
    return { Responses: { [TABLE]: found } };
  }

  async #batchWrite(command: Command): Promise<object> {
    const batch = command.input.RequestItems?.[TABLE];
    const requests = batch as BatchWrite[];
    const keys = requests.map(({ PutRequest, DeleteRequest }) => plain(PutRequest?.Item ?? DeleteRequest?.Key));
    if (new Set(keys.map(({ PK, SK }) => `${PK}\n${SK}`)).size < keys.length) throw new Failed('ValidationException');
    for (const [index, { PutRequest }] of requests.entries()) {
      if (index > 0) await this.gate(command);
      this.#write(keys[index] ?? {}, PutRequest ? plain(PutRequest.Item) : null);
    }
    return {};
  }

  /** PartiQL's INSERT, the only statement that the data room knows. */
  async #insert(command: Command): Promise<object> {
    const Responses: object[] = [];
    for (const [index, { Statement, Parameters }] of (command.input.Statements ?? []).entries()) {
      if (index > 0) await this.gate(command);
      const names = [...Statement.matchAll(/'([^']+)': \?/g)].map(([, name = '']) => name);
      const item = plain(Object.fromEntries(names.map((name, at) => [name, Parameters[at]])) as Raw);
      const there = this.#at(item);
      if (there) Responses.push({ Error: { Code: 'DuplicateItem', Item: marshall(there) } });
      else {
        this.#write(item, item);
        Responses.push({});
      }
    }
    return { Responses };
  }

  #transact(parts: readonly Readonly<Record<string, Input>>[]): object {
    const keyOf = (verb: string, input: Input) => plain(verb === 'Put' ? input.Item : input.Key);
    const entries = parts.flatMap((part) => Object.entries(part));
    const failed = entries.map(([verb, input]) => {
      const item = this.#at(keyOf(verb, input));
      return holds(input.ConditionExpression, this.#scope(input, item))
        ? { Code: 'None' }
        : { Code: 'ConditionalCheckFailed', ...(item && { Item: marshall(item) }) };
    });
    if (failed.some(({ Code }) => Code !== 'None')) {
      throw new Failed('TransactionCanceledException', { CancellationReasons: failed });
    }
    for (const [verb, { ConditionExpression: _met, ...input }] of entries) {
      if (verb !== 'ConditionCheck') this.#single(verb, input);
    }
    return {};
  }
}
