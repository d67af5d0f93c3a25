import type { Attributes } from './client.ts';

/** The kinds of items in the table. `void` is a tombstone at the key of a user who does not exist. */
const ENTITIES = [
  'user',
  'void',
  'identifier',
  'memberships',
  'segment',
  'version',
  'count',
  'edge',
  'segmentWork',
  'walkPart',
  'property',
  'job',
  'part',
  'link',
  'apiKey',
  'rate',
  'idempotency',
] as const;
export type Entity = (typeof ENTITIES)[number];

const known: ReadonlySet<unknown> = new Set(ENTITIES);

/** True for the name of an entity, false for any other value that may stand in an item. */
export const isKnownEntity = (value: unknown): value is Entity => known.has(value);

/** The format of the items that this code writes. Older formats would be read, and converted, in this file. */
const FORMAT = 1;

/** Adds the entity and the format to an item. */
export function stamped<T extends Attributes>(
  entity: Entity,
  attributes: T,
): T & { readonly entity: Entity; readonly format: number } {
  return { ...attributes, entity, format: FORMAT };
}

/** True for an item of this entity. @throws Error for an item that a newer version of the code wrote */
export function isEntity(item: Attributes, entity: Entity): boolean {
  if (item.format !== FORMAT) throw new Error(`an item of format ${String(item.format)} is newer than this code`);
  return item.entity === entity;
}

/** An item without its keys, entity and format: the values of a domain type. */
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
