import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { convertToAttr } from '@aws-sdk/util-dynamodb';

/**
 * A plain value as the table keeps it. What Roster stores are texts, numbers of at most fifteen digits, booleans, lists
 * and maps; the SDK's own way asks each value for everything else that it might be, and takes several times as long.
 */
function storedValue(value: unknown): AttributeValue {
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

function storedObject(value: object | null): AttributeValue {
  if (value === null) return { NULL: true };
  return Array.isArray(value) ? { L: value.map(storedValue) } : { M: stored(value) };
}

/** An item, or a map in one, as the table keeps it; what is undefined is left out. */
export function stored(attributes: object): Record<string, AttributeValue> {
  const item: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) item[name] = storedValue(value);
  }
  return item;
}
