import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { convertToAttr } from '@aws-sdk/util-dynamodb';

/**
 * A plain value as the table keeps it. What Roster stores are texts, numbers of at most fifteen digits, booleans, lists
 * and maps; the SDK's own way asks each value for everything else that it might be, and takes several times as long.
 */
export function storedValue(value: unknown): AttributeValue {
  switch (typeof value) {
    case 'string':
      return { S: value };
    case 'number':
      return Number.isFinite(value) ? { N: String(value) } : convertToAttr(value);
    case 'boolean':
      return { BOOL: value };
    case 'object':
      return storedObject(value);
    default:
      return convertToAttr(value);
  }
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function storedObject(value: object | null): AttributeValue {
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map(storedValue) };
  return isPlain(value) ? { M: stored(value) } : convertToAttr(value);
}

/** An item, or a map in one, as the table keeps it; what is undefined is left out. */
export function stored(attributes: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  const item: Record<string, AttributeValue> = {};
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) item[name] = storedValue(value);
  }
  return item;
}
