import type { Attributes } from './client.ts';

/** The kinds of items in the table. `void` is a tombstone at the key of a user who will never be. */
export type Entity =
  | 'user'
  | 'void'
  | 'identifier'
  | 'memberships'
  | 'segment'
  | 'version'
  | 'count'
  | 'edge'
  | 'segmentWork'
  | 'walkPart'
  | 'property'
  | 'job'
  | 'part'
  | 'link'
  | 'apiKey'
  | 'rate'
  | 'idempotency';

/** The format that this code writes. A later one is read here, and brought to the newest on the way in. */
const FORMAT = 1;

/** Marks an item with what it is and how it is written. */
export function stamped<T extends Attributes>(
  entity: Entity,
  attributes: T,
): T & { readonly entity: Entity; readonly format: number } {
  return { ...attributes, entity, format: FORMAT };
}

/** Whether an item is of this kind. An item that a newer version of the code wrote is refused, never misread. */
export function isEntity(item: Attributes, entity: Entity): boolean {
  if (item.format !== FORMAT) throw new Error(`an item of format ${String(item.format)} is newer than this code`);
  return item.entity === entity;
}

/** An item without its keys and marks: what a domain type is read from. */
export function bodyOf({
  PK: _pk,
  SK: _sk,
  GSI1PK: _gpk,
  GSI1SK: _gsk,
  entity: _entity,
  format: _format,
  expiresAt: _expires,
  madeBy: _call,
  ...body
}: Attributes): Attributes {
  return body;
}
