import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { convertToNative } from '@aws-sdk/util-dynamodb';

/**
 * A stored value as a plain one. Numbers have at most fifteen digits here, so that none needs a check: that, and asking
 * for the commonest type first, makes it several times as fast as the SDK's own, which matters where whole shards are read.
 */
function plainValue(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.M !== undefined) return plain(value.M);
  if (value.L !== undefined) return value.L.map(plainValue);
  if (value.NULL !== undefined) return null;
  return convertToNative(value);
}

/** An item, or a map in it, as a plain object. */
export function plain(item: Readonly<Record<string, AttributeValue>>): Readonly<Record<string, unknown>> {
  const attributes: Record<string, unknown> = {};
  for (const name in item) {
    const value = item[name];
    if (value !== undefined) attributes[name] = plainValue(value);
  }
  return attributes;
}
