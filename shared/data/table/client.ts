import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** Attributes of an item as plain values. */
export type Attributes = Readonly<Record<string, unknown>>;

/** The settings with which a table is opened. */
export type Connection = {
  readonly client: DynamoDBClient;
  readonly table: string;
  /** The key of the hashes under which identifiers are found. */
  readonly secret: string;
  /** The number of partitions of the users; fixed for the life of a table. */
  readonly shards: number;
  /** Called with the entity of each stored item that does not parse and is left out, and the error. */
  readonly onUnreadable: (entity: string, error: unknown) => void;
};

/** The one table of a deployment, open for use. */
export type Table = Omit<Connection, 'client'> & { readonly client: DynamoDBDocumentClient };

let open: Table | undefined;

/**
 * Opens a table for all repositories of this process. Items pass as plain values; attributes that are undefined are left
 * out. Numbers of Roster have at most fifteen digits, so none loses precision.
 */
export function connect(connection: Connection): void {
  const client = DynamoDBDocumentClient.from(connection.client, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: { wrapNumbers: Number },
  });
  open = { ...connection, client };
}

/** The open table. @throws Error before `connect` */
export function connected(): Table {
  if (!open) throw new Error('connect() comes before the first use of the table');
  return open;
}

/**
 * A value that belongs to the open table, such as a cache: made at its first use, and never seen again when another
 * connection is opened.
 */
export function perTable<Value>(make: () => Value): () => Value {
  const values = new WeakMap<Table, Value>();
  return () => {
    const table = connected();
    const value = values.get(table) ?? make();
    values.set(table, value);
    return value;
  };
}
