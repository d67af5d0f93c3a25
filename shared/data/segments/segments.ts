import { ALL_USERS_SEGMENT, Definition, versionsOf } from '../../domain/segments/definition.ts';
import { ALL_USERS, type SegmentKind } from '../../domain/segments/segment.ts';
import { key, partition } from '../keys.ts';
import type { Attributes } from '../table/client.ts';
import type { Expression } from '../table/expression.ts';
import { bodyOf, stamped } from '../table/items.ts';
import { get } from '../table/operations.ts';
import { inPartition, pages } from '../table/query.ts';
import { readable } from '../table/readable.ts';
import { AGAIN, retrying } from '../table/retrying.ts';
import { type Part, putPart, removePart, transact } from '../table/transactions.ts';
import { bumpOf, definitionsVersion } from './definitions-version.ts';
import { doneOf, noteOf } from './work.ts';

/** The beginning of the id of every segment that was created by a request. */
export const SEGMENT_PREFIX = 'seg_';

/** The definition in an item. */
export const readDefinition = (item: Attributes): Definition => Definition.parse(bodyOf(item));

/** The segment of this id as it is now; `all` is always there. */
export async function byId(id: string): Promise<Definition | null> {
  const item = await get(key.segment(id));
  if (item && (id === ALL_USERS || id.startsWith(SEGMENT_PREFIX))) return readDefinition(item);
  return id === ALL_USERS ? ALL_USERS_SEGMENT : null;
}

/** The members of a segment for a list, an export or a deletion: all users, or those with an edge of this version. */
export type Live = { readonly columns: readonly string[] | null } & (
  | { readonly kind: 'all' }
  | { readonly kind: 'edges'; readonly segment: string; readonly ruleVersion: number }
);

/** The live members of a segment; null when there is no such segment. */
export async function live(id: string): Promise<Live | null> {
  const definition = await byId(id);
  if (!definition) return null;
  const { columns, kind } = definition;
  return kind === 'all' ? { kind, columns } : { kind: 'edges', segment: id, ruleVersion: definition.live, columns };
}

/** A page of segments by id, `all` first. The next one begins behind `last`, which is null at the end. */
export type SegmentPage = { readonly segments: readonly Definition[]; readonly last: string | null };

/** The page of an empty list. */
export const NO_SEGMENTS: SegmentPage = { segments: [], last: null };

/** A page of the segments of a kind, or of all of them. */
export async function page(list: {
  readonly kind?: SegmentKind | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}): Promise<SegmentPage> {
  const { kind, after, limit } = list;
  const wanted = (one: Definition) => kind === undefined || one.kind === kind;
  const found: Definition[] = after === undefined ? [(await byId(ALL_USERS)) ?? ALL_USERS_SEGMENT].filter(wanted) : [];
  const from = after === undefined || after === ALL_USERS ? undefined : key.segment(after);
  const question = { key: inPartition(partition.segments, SEGMENT_PREFIX), limit: limit + 1, after: from };
  for await (const { items } of pages(question)) {
    found.push(...readable(items, readDefinition).filter(wanted));
    if (found.length > limit) break;
  }
  const segments = found.slice(0, limit);
  return { segments, last: found.length > limit ? (segments.at(-1)?.id ?? null) : null };
}

/** The condition that a segment is as it was read, or is not yet. */
function unchangedSince(before: Definition | null): Expression {
  if (!before || before.revision === 0) return { expression: 'attribute_not_exists(PK)' };
  return { expression: 'revision = :revision', values: { ':revision': before.revision } };
}

function definitionWrite(before: Definition | null, after: Definition | null): Part {
  const condition = unchangedSince(before);
  if (after) return putPart({ ...stamped('segment', after), ...key.segment(after.id) }, condition);
  return removePart(key.segment(before?.id ?? ''), condition);
}

/** The work that a change of a segment requires: edges of removed versions are swept, a new rule is walked. */
function workOf(id: string, before: Definition | null, after: Definition | null, now: number): readonly Part[] {
  const old = versionsOf(before);
  const next = versionsOf(after);
  const retired = old.filter((version) => !next.includes(version));
  const begun = next.filter((version) => !old.includes(version) && version !== after?.live);
  const filled = before && after && before.live !== after.live ? [after.live] : [];
  return [
    ...retired.map((version) => noteOf(id, version, 'sweep', now)),
    ...begun.filter(() => after?.kind === 'dynamic').map((version) => noteOf(id, version, 'fill', now)),
    ...filled.map((version) => doneOf(id, version)),
  ];
}

/** True for a change that evaluators have to load. */
function concernsMembers(before: Definition | null, after: Definition | null): boolean {
  return !before || !after || before.ruleVersion !== after.ruleVersion || before.live !== after.live;
}

/**
 * Writes a segment over the one that was read. Null stands for a segment that does not exist, before or after.
 *
 * The same transaction notes the work on the members, and raises the version of all definitions when evaluators depend on
 * the change. False when the segment was written since it was read.
 *
 * @throws Busy
 */
export async function save(before: Definition | null, after: Definition | null, now: number): Promise<boolean> {
  const id = after?.id ?? before?.id ?? '';
  const parts = [definitionWrite(before, after), ...workOf(id, before, after, now)];
  if (!concernsMembers(before, after) || after?.kind === 'all') return (await transact(parts)).done;
  return retrying('the version of all definitions', async () => {
    const bump = bumpOf(await definitionsVersion(), id);
    const outcome = await transact([...parts, bump]);
    return !outcome.done && !outcome.failed.has(0) ? AGAIN : outcome.done;
  });
}
