import { createHash } from 'node:crypto';
import { Problem, problemOf } from '../domain/errors.ts';
import {
  MAX_IDENTIFIERS,
  MAX_PROPERTIES,
  Property,
  type Schema,
  type Scope,
  SYSTEM_PROPERTIES,
  schemaOf,
} from '../domain/properties/property.ts';
import { key, partition, propertyPrefix } from './keys.ts';
import { type Attributes, perTable } from './table/client.ts';
import { bodyOf, isEntity, stamped } from './table/items.ts';
import { get } from './table/operations.ts';
import { inPartition, pages } from './table/query.ts';
import { readable } from './table/readable.ts';
import { putPart, removePart, transact, updatePart } from './table/transactions.ts';

/** The time for which a process uses a schema that it has read, in milliseconds. Archiving waits for it. */
const SCHEMA_LIFE = 10_000;

/** The name of a call in the properties that it declares. */
const nameOf = (call: Uint8Array) => createHash('sha256').update(call).digest('base64url');

type Cached = { readonly schema: Schema; readonly readAt: number };
const cacheOf = perTable(() => new Map<Scope, Cached>());

const readProperty = (item: Attributes) => (isEntity(item, 'property') ? Property.parse(bodyOf(item)) : null);

async function load(scope: Scope): Promise<Schema> {
  const custom: Property[] = [];
  const question = { key: inPartition(partition.schema, propertyPrefix(scope)), consistent: true };
  for await (const { items } of pages(question)) {
    custom.push(...readable(items, readProperty));
  }
  custom.sort((a, b) => `${a.createdAt} ${a.key}`.localeCompare(`${b.createdAt} ${b.key}`, 'en'));
  return schemaOf(custom, scope);
}

/** The schema of a scope, at most `SCHEMA_LIFE` old. */
export async function current(scope: Scope, now: number): Promise<Schema> {
  const cached = cacheOf().get(scope);
  return cached && now - cached.readAt < SCHEMA_LIFE && now >= cached.readAt ? cached.schema : fresh(scope, now);
}

/** The schema of a scope as it is now: for callers who meet a key that the cached schema does not have. */
export async function fresh(scope: Scope, now: number): Promise<Schema> {
  const schema = await load(scope);
  cacheOf().set(scope, { schema, readAt: now });
  return schema;
}

/** A schema with all of these keys, as far as they are declared. */
export async function knowing(keys: readonly string[], scope: Scope, now: number): Promise<Schema> {
  const schema = await current(scope, now);
  return keys.every((name) => schema.properties.has(name)) ? schema : fresh(scope, now);
}

/** The problem of a key that another property has. */
export function declaredAlready(): Problem {
  return problemOf([{ pointer: '/key', code: 'exists', detail: 'There is a property of this key already.' }]);
}

/** True when an earlier run of this call declared the property. */
async function isOwnWork(scope: Scope, name: string, call: Uint8Array): Promise<boolean> {
  const item = await get(key.property(scope, name));
  return item?.madeBy === nameOf(call);
}

/**
 * Declares properties, all or none.
 *
 * @param call the entropy of the call, by which a call that is repeated after a crash recognises its own properties
 * @throws Problem `exists` when one is there already, `limitReached` when there would be too many
 */
export async function declare(properties: readonly Property[], scope: Scope, call?: Uint8Array): Promise<void> {
  const identifiers = properties.filter((property) => property.identifier).length;
  const most = MAX_PROPERTIES - SYSTEM_PROPERTIES[scope].length;
  const counter = updatePart(
    key.propertyCount(scope),
    {
      expression:
        'SET live = if_not_exists(live, :zero) + :live, identifiers = if_not_exists(identifiers, :zero) + :ids, entity = :entity, #format = :format',
      names: { '#format': 'format' },
      values: { ':zero': 0, ':live': properties.length, ':ids': identifiers, ':entity': 'count', ':format': 1 },
    },
    {
      expression: 'attribute_not_exists(PK) OR (live <= :mostLive AND identifiers <= :mostIds)',
      values: { ':mostLive': most - properties.length, ':mostIds': MAX_IDENTIFIERS - identifiers },
    },
  );
  const puts = properties.map((property) => {
    const madeBy = call && { madeBy: nameOf(call) };
    const item = { ...stamped('property', property), ...key.property(scope, property.key), ...madeBy };
    return putPart(item, { expression: 'attribute_not_exists(PK)' });
  });
  const outcome = await transact([counter, ...puts]);
  cacheOf().delete(scope);
  if (outcome.done) return;
  const [taken] = properties.filter((_, index) => outcome.failed.has(index + 1));
  if (taken && call && (await isOwnWork(scope, taken.key, call))) return;
  if (taken) throw declaredAlready();
  throw new Problem(
    'limitReached',
    `There can be ${MAX_PROPERTIES} live properties in a scope, ${MAX_IDENTIFIERS} of them identifiers of your own.`,
  );
}

/** Takes back the declaration of a property by this call. False when somebody has changed it since, or it is not there. */
export async function withdraw(name: string, scope: Scope, call: Uint8Array): Promise<boolean> {
  const { done } = await transact([
    removePart(key.property(scope, name), {
      expression: 'madeBy = :call AND version = :first',
      values: { ':call': nameOf(call), ':first': 1 },
    }),
    updatePart(key.propertyCount(scope), { expression: 'SET live = live - :one', values: { ':one': 1 } }),
  ]);
  cacheOf().delete(scope);
  return done;
}
