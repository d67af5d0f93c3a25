import { key, partition } from '../../data/keys.ts';
import * as schemas from '../../data/schema.ts';
import { changedSince, definitionsVersion, type Version } from '../../data/segments/definitions-version.ts';
import { readDefinition, SEGMENT_PREFIX } from '../../data/segments/segments.ts';
import { getMany } from '../../data/table/batches.ts';
import { type Attributes, perTable } from '../../data/table/client.ts';
import { inPartition, pages } from '../../data/table/query.ts';
import { parseEach } from '../../data/table/readable.ts';
import { FIXED_FIELDS, type Schema } from '../../domain/properties/property.ts';
import type { Settings } from '../../domain/rules/compile.ts';
import { fieldsOf } from '../../domain/rules/fields.ts';
import type { Definition } from '../../domain/segments/definition.ts';
import { type Evaluator, evaluatorOf, readMembership } from '../../domain/segments/membership.ts';

/** The evaluator of all segments, and the version of the definitions from which it was made. */
export type CurrentEvaluator = {
  readonly version: number;
  readonly evaluator: Evaluator;
  /** True for a membership of a version that no longer exists; not for one whose definition does not parse. */
  readonly isGone: (name: string) => boolean;
};

/** Definitions by segment; null stands for one that does not parse. */
type Definitions = ReadonlyMap<string, Definition | null>;
type Loaded = { readonly version: number; readonly definitions: Definitions; readonly properties: readonly string[] };
type Made = CurrentEvaluator & { readonly schema: Schema; readonly signature: string; readonly timeZone: string };

const cache = perTable((): { loaded?: Loaded; made?: Made } => ({}));

function addTo(definitions: Map<string, Definition | null>, items: readonly Attributes[]): void {
  const { values, unreadable } = parseEach(items, readDefinition);
  for (const definition of values) definitions.set(definition.id, definition);
  for (const { SK } of unreadable) definitions.set(String(SK), null);
}

async function loadAll(): Promise<Definitions> {
  const definitions = new Map<string, Definition | null>();
  const question = { key: inPartition(partition.segments, SEGMENT_PREFIX), consistent: true };
  for await (const { items } of pages(question)) addTo(definitions, items);
  return definitions;
}

/** Reads some segments again, and takes out those that no longer exist. */
async function reloaded(before: Definitions, ids: readonly string[]): Promise<Definitions> {
  const definitions = new Map(before);
  for (const id of ids) definitions.delete(id);
  addTo(definitions, await getMany(ids.map(key.segment), { consistent: true }));
  return definitions;
}

const readableOf = (definitions: Definitions) => [...definitions.values()].filter((one) => one !== null);

/** The properties that rules name. The schema against which the rules are compiled must have them. */
function propertiesIn(definitions: Definitions): readonly string[] {
  const rules = readableOf(definitions).flatMap(({ rule, liveRule }) => [rule ?? [], liveRule ?? []].flat());
  const fields = new Set(rules.flatMap((rule) => [...fieldsOf(rule)]));
  return [...fields].filter((field) => !Object.hasOwn(FIXED_FIELDS, field));
}

/** All definitions, at least as new as this version. Only those that changed since the last load are read again. */
async function definitionsAt(version: Version): Promise<Loaded> {
  const before = cache().loaded;
  if (before?.version === version.version) return before;
  const changed = before && changedSince(before.version, version);
  // A query may read a segment as it was before the transaction that raised the version; a read by key does not.
  const definitions = changed
    ? await reloaded(before.definitions, changed)
    : await reloaded(await loadAll(), [...new Set(version.recent)]);
  const loaded = { version: version.version, definitions, properties: propertiesIn(definitions) };
  cache().loaded = loaded;
  return loaded;
}

/** The parts of a schema that rules depend on: two schemas with the same signature make the same index. */
function signatureOf({ properties }: Schema): string {
  return [...properties.values()].map(({ key: name, type, archived }) => `${name} ${type} ${archived}`).join('\n');
}

function makeEvaluator(loaded: Loaded, schema: Schema, settings: Settings): Made {
  const { version, definitions } = loaded;
  const evaluator = evaluatorOf(readableOf(definitions), schema, settings);
  const isGone = (name: string) => !evaluator.names.has(name) && definitions.get(readMembership(name).segment) !== null;
  return { version, evaluator, isGone, schema, signature: signatureOf(schema), timeZone: settings.timeZone };
}

/** True for an evaluator that was made from these definitions and from a schema with the same signature. */
function isCurrent(last: Made, loaded: Loaded, schema: Schema, settings: Settings): boolean {
  if (last.version !== loaded.version || last.timeZone !== settings.timeZone) return false;
  return last.schema === schema || last.signature === signatureOf(schema);
}

/**
 * The evaluator of membership by all definitions as they are now. It costs one consistent read while nothing changed.
 *
 * A caller asks before a batch, and so has every rule whose walk may have begun. It asks again afterwards: when the version
 * is another one, the batch has to be evaluated again.
 */
export async function currentEvaluator(settings: Settings, now: number): Promise<CurrentEvaluator> {
  const definitions = await definitionsAt(await definitionsVersion());
  const schema = await schemas.knowing(definitions.properties, 'user', now);
  const last = cache().made;
  if (last && isCurrent(last, definitions, schema, settings)) return last;
  const next = makeEvaluator(definitions, schema, settings);
  cache().made = next;
  return next;
}
