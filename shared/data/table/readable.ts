import { type Attributes, connected } from './client.ts';
import { isKnownEntity } from './items.ts';

/** Stored items after parsing: their values, and the items that do not parse. */
export type Parsed<T> = { readonly values: readonly T[]; readonly unreadable: readonly Attributes[] };

/**
 * Parses stored items of a list, a page or a batch. One item that does not parse never stops the others: it is left out,
 * and its entity is reported to `onUnreadable` of the connection.
 *
 * @param parse throws for an item that it cannot read, and returns null for one without a value, such as a tombstone
 */
export function parseEach<T>(items: readonly Attributes[], parse: (item: Attributes) => T | null): Parsed<T> {
  const values: T[] = [];
  const unreadable: Attributes[] = [];
  for (const item of items) {
    try {
      const value = parse(item);
      if (value !== null) values.push(value);
    } catch (error) {
      unreadable.push(item);
      connected().onUnreadable(isKnownEntity(item.entity) ? item.entity : 'unknown', error);
    }
  }
  return { values, unreadable };
}

/** The values of the stored items that parse. */
export function readable<T>(items: readonly Attributes[], parse: (item: Attributes) => T | null): readonly T[] {
  return parseEach(items, parse).values;
}
