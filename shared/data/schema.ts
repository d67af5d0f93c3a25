import { Problem } from '../domain/errors.ts';
import {
  MAX_IDENTIFIERS,
  MAX_PROPERTIES,
  Property,
  type Schema,
  type Scope,
  SYSTEM_PROPERTIES,
  schemaOf,
} from '../domain/property.ts';
import { bodyOf, isEntity, stamped } from './items.ts';
import { key, partition, propertyPrefix } from './keys.ts';
import { inPartition, pages } from './table.ts';
import { type Part, transact } from './transaction.ts';

/** How long a process may go on with the schema it has read, in milliseconds. Archiving waits for it. */
const SCHEMA_LIFE = 10_000;

type Cached = { readonly schema: Schema; readonly readAt: number };
const cache = new Map<Scope, Cached>();

async function load(scope: Scope): Promise<Schema> {
  const custom: Property[] = [];
  const question = { key: inPartition(partition.schema, propertyPrefix(scope)), consistent: true };
  for await (const { items } of pages(question)) {
    for (const item of items) if (isEntity(item, 'property')) custom.push(Property.parse(bodyOf(item)));
  }
  custom.sort((a, b) => `${a.createdAt} ${a.key}`.localeCompare(`${b.createdAt} ${b.key}`, 'en'));
  return schemaOf(custom, scope);
}

/** The schema of a scope, at most `SCHEMA_LIFE` old. */
export async function current(scope: Scope, now: number): Promise<Schema> {
  const cached = cache.get(scope);
  return cached && now - cached.readAt < SCHEMA_LIFE && now >= cached.readAt ? cached.schema : fresh(scope, now);
}

/** The schema of a scope as it is now: for whoever meets a key that the one it has does not know. */
export async function fresh(scope: Scope, now: number): Promise<Schema> {
  const schema = await load(scope);
  cache.set(scope, { schema, readAt: now });
  return schema;
}

/** The schema in which all of these keys are known, if they are known at all. */
export async function knowing(keys: readonly string[], scope: Scope, now: number): Promise<Schema> {
  const schema = await current(scope, now);
  return keys.every((name) => schema.properties.has(name)) ? schema : fresh(scope, now);
}

/**
 * Declares properties, all or none.
 *
 * @throws Problem `exists` when one is there already, `limitReached` when there would be too many
 */
export async function declare(properties: readonly Property[], scope: Scope): Promise<void> {
  const identifiers = properties.filter((property) => property.identifier).length;
  const most = MAX_PROPERTIES - SYSTEM_PROPERTIES[scope].length;
  const counter: Part = {
    update: key.propertyCount(scope),
    change: {
      expression:
        'SET live = if_not_exists(live, :zero) + :live, identifiers = if_not_exists(identifiers, :zero) + :ids, entity = :entity, #format = :format',
      names: { '#format': 'format' },
      values: { ':zero': 0, ':live': properties.length, ':ids': identifiers, ':entity': 'count', ':format': 1 },
    },
    condition: {
      expression: 'attribute_not_exists(PK) OR (live <= :mostLive AND identifiers <= :mostIds)',
      values: { ':mostLive': most - properties.length, ':mostIds': MAX_IDENTIFIERS - identifiers },
    },
  };
  const puts = properties.map(
    (property): Part => ({
      put: { ...stamped('property', property), ...key.property(scope, property.key) },
      condition: { expression: 'attribute_not_exists(PK)' },
    }),
  );
  const outcome = await transact([counter, ...puts]);
  cache.delete(scope);
  if (outcome.done) return;
  const taken = properties.filter((_, index) => outcome.failed.has(index + 1)).map((property) => property.key);
  if (taken.length > 0) throw new Problem('exists', `A property is declared already: ${taken.join(', ')}.`);
  throw new Problem(
    'limitReached',
    `There can be ${MAX_PROPERTIES} live properties in a scope, ${MAX_IDENTIFIERS} of them identifiers of your own.`,
  );
}
