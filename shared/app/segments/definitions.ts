import { key, partition } from '../../data/keys.ts';
import * as schemas from '../../data/schema.ts';
import { changedSince, definitionsVersion, type Version } from '../../data/segments/definitions-version.ts';
import { readDefinition, SEGMENT_PREFIX } from '../../data/segments/segments.ts';
import { getMany } from '../../data/table/batches.ts';
import { type Connection, connected, inPartition, pages } from '../../data/table/client.ts';
import { FIXED_FIELDS, type Schema } from '../../domain/properties/property.ts';
import type { Settings } from '../../domain/rules/compile.ts';
import { fieldsOf } from '../../domain/rules/fields.ts';
import type { Definition } from '../../domain/segments/definition.ts';
import { type Evaluator, evaluatorOf } from '../../domain/segments/membership.ts';

/** The judge of all segments, and the version of the definitions that it was made of. */
export type Judge = { readonly version: number; readonly evaluator: Evaluator };

type Definitions = ReadonlyMap<string, Definition>;
type Known = { readonly version: number; readonly definitions: Definitions; readonly properties: readonly string[] };
type Made = Judge & { readonly schema: Schema; readonly signature: string; readonly timeZone: string };

const known = new WeakMap<Connection, Known>();
const made = new WeakMap<Connection, Made>();

async function loadAll(): Promise<Map<string, Definition>> {
  const definitions = new Map<string, Definition>();
  const question = { key: inPartition(partition.segments, SEGMENT_PREFIX), consistent: true };
  for await (const { items } of pages(question)) {
    for (const item of items) definitions.set(String(item.SK), readDefinition(item));
  }
  return definitions;
}

/** Reads some segments again; those that are gone are taken out. */
async function refreshed(before: Definitions, ids: readonly string[]): Promise<Map<string, Definition>> {
  const definitions = new Map(before);
  for (const id of ids) definitions.delete(id);
  for (const item of await getMany(ids.map(key.segment), { consistent: true })) {
    definitions.set(String(item.SK), readDefinition(item));
  }
  return definitions;
}

/** The properties that rules name: the schema they are compiled against must know them. */
function propertiesIn(definitions: Definitions): readonly string[] {
  const rules = [...definitions.values()].flatMap(({ rule, liveRule }) => [rule ?? [], liveRule ?? []].flat());
  const fields = new Set(rules.flatMap((rule) => [...fieldsOf(rule)]));
  return [...fields].filter((field) => !Object.hasOwn(FIXED_FIELDS, field));
}

/** All definitions, at least as new as this version. What moved since the last look is read by key, not the whole. */
async function definitionsAt(version: Version): Promise<Known> {
  const before = known.get(connected());
  if (before?.version === version.version) return before;
  const moved = before && changedSince(before.version, version);
  // A query may still see a segment as it was before the transaction that moved the version; a read by key does not.
  const definitions = moved
    ? await refreshed(before.definitions, moved)
    : await refreshed(await loadAll(), [...new Set(version.recent)]);
  const now = { version: version.version, definitions, properties: propertiesIn(definitions) };
  known.set(connected(), now);
  return now;
}

/** What rules can see of a schema: two schemas that read the same make the same index. */
function signatureOf({ properties }: Schema): string {
  return [...properties.values()].map(({ key: name, type, archived }) => `${name} ${type} ${archived}`).join('\n');
}

function judgeOf(now: Known, schema: Schema, settings: Settings): Made {
  const evaluator = evaluatorOf([...now.definitions.values()], schema, settings);
  return { version: now.version, evaluator, schema, signature: signatureOf(schema), timeZone: settings.timeZone };
}

/** Whether a judge serves still: it knows these definitions, and rules see in its schema what they see in this one. */
function serves(last: Made, now: Known, schema: Schema, settings: Settings): boolean {
  if (last.version !== now.version || last.timeZone !== settings.timeZone) return false;
  return last.schema === schema || last.signature === signatureOf(schema);
}

/**
 * The judge of membership by all definitions as they are now.
 *
 * Asked before a batch it knows every rule whose walk may have begun; asked again afterwards it tells, by another
 * version, that the batch has to be judged again. One consistent read while nothing changed.
 */
export async function judge(settings: Settings, now: number): Promise<Judge> {
  const definitions = await definitionsAt(await definitionsVersion());
  const schema = await schemas.knowing(definitions.properties, 'user', now);
  const last = made.get(connected());
  if (last && serves(last, definitions, schema, settings)) return last;
  const next = judgeOf(definitions, schema, settings);
  made.set(connected(), next);
  return next;
}
