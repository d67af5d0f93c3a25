import { arns } from '../../cloudformation/names.ts';
import { isObject, type Json, type JsonObject } from '../../process/json.ts';
import type { Access } from '../policy.ts';
import { type AwsRequest, jsonOf, operationOf, type Refusal, refuseInJson, type Service } from '../request.ts';

/** The name of each table's partition key, by the table's name. */
type PartitionKeys = ReadonlyMap<string, string>;

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** DynamoDB: an action for each item that a request reaches, on its table or index. */
export function dynamoDbService(partitionKeys: PartitionKeys): Service {
  return {
    bodyOf: () => 'all',
    accessesOf: (request) => accessesOf(operationOf(request), jsonOf(request), partitionKeys),
    refuse: (refusal, request) =>
      operationOf(request) === 'BatchExecuteStatement' && refusal.reason === 'denied'
        ? refusedStatements(refusal, request)
        : refuseInJson(refusal),
  };
}

function accessesOf(operation: string, input: JsonObject, keys: PartitionKeys): Access[] {
  const access = (action: string, table: Json | undefined, item: Json | undefined): Access => {
    const value = objectOf(objectOf(item)[keys.get(nameOf(table)) ?? '']).S;
    const context = typeof value === 'string' ? { 'dynamodb:LeadingKeys': [value] } : {};
    return { action: `dynamodb:${action}`, resource: arnOf(table), context };
  };
  switch (operation) {
    case 'BatchGetItem':
      return Object.entries(objectOf(input.RequestItems)).flatMap(([table, asked]) =>
        listOf(objectOf(asked).Keys).map((key) => access(operation, table, key)),
      );
    case 'BatchWriteItem':
      return Object.entries(objectOf(input.RequestItems)).flatMap(([table, writes]) =>
        listOf(writes).map((write) => access(operation, table, writtenBy(write))),
      );
    case 'TransactWriteItems':
    case 'TransactGetItems':
      return listOf(input.TransactItems).flatMap((part) =>
        Object.entries(objectOf(part)).map(([name, one]) => {
          const { TableName, Item, Key } = objectOf(one);
          return access(`${name}Item`, TableName, Item ?? Key);
        }),
      );
    case 'BatchExecuteStatement':
      return listOf(input.Statements).map((one) => statementAccess(objectOf(one).Statement));
    case 'ExecuteTransaction':
      return listOf(input.TransactStatements).map((one) => statementAccess(objectOf(one).Statement));
    case 'ExecuteStatement':
      return [statementAccess(input.Statement)];
    default:
      return [onIndex(access(operation, input.TableName, input.Item ?? input.Key), input.IndexName)];
  }
}

function writtenBy(write: Json): Json | undefined {
  const { PutRequest, DeleteRequest } = objectOf(write);
  return objectOf(PutRequest).Item ?? objectOf(DeleteRequest).Key;
}

function onIndex(access: Access, index: Json | undefined): Access {
  return typeof index === 'string' ? { ...access, resource: `${access.resource}/index/${index}` } : access;
}

const verbs: Readonly<Record<string, string>> = {
  INSERT: 'PartiQLInsert',
  UPDATE: 'PartiQLUpdate',
  DELETE: 'PartiQLDelete',
  SELECT: 'PartiQLSelect',
};

const statement = /^\s*(INSERT|UPDATE|DELETE|SELECT)\b(?:.*?\b(?:INTO|FROM)\b)?\s*"?([\w.-]+)"?(?:\."([\w.-]+)")?/is;

/** What a PartiQL statement needs; one that cannot be read needs what no policy allows. */
function statementAccess(text: Json | undefined): Access {
  const [, verb = '', table = '', index] = statement.exec(String(text)) ?? [];
  return onIndex({ action: `dynamodb:${verbs[verb.toUpperCase()] ?? 'PartiQL'}`, resource: arnOf(table) }, index);
}

/** A table may be named or given by its ARN. */
function nameOf(table: Json | undefined): string {
  return (
    String(table ?? '')
      .split('/')
      .at(-1) ?? ''
  );
}

function arnOf(table: Json | undefined): string {
  return table === undefined ? '*' : arns.table(nameOf(table));
}

/** A batch of statements has an answer for each of them, also when none was allowed. */
function refusedStatements({ message }: Refusal, request: AwsRequest) {
  const Responses = listOf(jsonOf(request).Statements).map(() => ({
    Error: { Code: 'AccessDenied', Message: message },
  }));
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ Responses }),
  };
}
