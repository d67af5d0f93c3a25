import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/*
 * What the document client is measured against: the raw client with marshalling that knows only what Roster stores, texts,
 * numbers of at most fifteen digits, booleans, lists and maps. It is several times as fast as the SDK's.
 */

/** A plain value in DynamoDB's notation. */
export function storedValue(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(storedValue) };
  return typeof value === 'object' && value !== null ? { M: storedItem(value) } : { NULL: true };
}

/** An item in DynamoDB's notation. */
export function storedItem(attributes: object): Record<string, AttributeValue> {
  const item: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) item[name] = storedValue(value);
  return item;
}

function plainValue(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.M !== undefined) return plainItem(value.M);
  return value.L !== undefined ? value.L.map(plainValue) : null;
}

/** A stored item as plain values. */
export function plainItem(item: Readonly<Record<string, AttributeValue>>): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) attributes[name] = plainValue(value);
  }
  return attributes;
}
