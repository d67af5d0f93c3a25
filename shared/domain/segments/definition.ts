import * as z from 'zod/mini';
import { LANGUAGE_VERSION, Rule } from '../rules/rule.ts';
import { ALL_USERS, SegmentFailure, SegmentKind } from './segment.ts';

/**
 * A segment as it is stored.
 *
 * Every rule, and every list that replaces another, has a version of its own, and so have the edges made by it.
 *
 * - `ruleVersion`: the newest version; `rule` is its rule when the segment is dynamic.
 * - `live`: the version whose edges are the members. It is 0, a version without edges, until the segment is first ready.
 * - `liveRule`: the rule of the live version while that differs from the newest one, else null.
 * - `failure`: set while the newest version is not the live one because its walk was given up, else null.
 * - `version` rises when the body that the API shows changes, `revision` with every write.
 */
export const Definition = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.nullable(z.string()),
  kind: SegmentKind,
  columns: z.nullable(z.readonly(z.array(z.string()))),
  language: z.number(),
  rule: z.nullable(Rule),
  ruleVersion: z.number(),
  liveRule: z.nullable(Rule),
  live: z.number(),
  failure: z._default(z.nullable(SegmentFailure), null),
  createdAt: z.nullable(z.string()),
  updatedAt: z.nullable(z.string()),
  version: z.number(),
  revision: z.number(),
});
export type Definition = z.infer<typeof Definition>;

/** The built-in segment of all users, as long as no columns are saved for it. */
export const ALL_USERS_SEGMENT: Definition = {
  id: ALL_USERS,
  name: 'All users',
  description: null,
  kind: 'all',
  columns: null,
  language: LANGUAGE_VERSION,
  rule: null,
  ruleVersion: 0,
  liveRule: null,
  live: 0,
  failure: null,
  createdAt: null,
  updatedAt: null,
  version: 1,
  revision: 0,
};

/** The attributes of a segment that callers choose, apart from its rule. */
export type Named = Pick<Definition, 'name' | 'description' | 'columns'>;

/** A new segment. Without a rule it is manual and ready; with one its first version has to be filled by a walk. */
export function newDefinition(id: string, named: Named, rule: Rule | null, at: string): Definition {
  return {
    ...named,
    id,
    kind: rule ? 'dynamic' : 'manual',
    language: LANGUAGE_VERSION,
    rule,
    ruleVersion: 1,
    liveRule: null,
    live: rule ? 0 : 1,
    failure: null,
    createdAt: at,
    updatedAt: at,
    version: 1,
    revision: 1,
  };
}

/** A segment after a change of its attributes or its rule. A rule begins a new version of the members. */
export function withChange(
  before: Definition,
  change: Partial<Named> & { readonly rule?: Rule },
  at: string,
): Definition {
  const { rule, ...named } = change;
  const after = { ...before, ...named, updatedAt: at, version: before.version + 1, revision: before.revision + 1 };
  if (!rule) return after;
  const liveRule = before.live === before.ruleVersion ? before.rule : before.liveRule;
  return { ...after, rule, ruleVersion: before.ruleVersion + 1, liveRule, failure: null };
}

/** A segment whose newest version has become the live one. */
export function withLive(before: Definition, at: string): Definition {
  const revision = before.revision + 1;
  const live = { live: before.ruleVersion, liveRule: null, failure: null, revision };
  // The API shows that a rule is ready. It shows nothing of a list that replaced another.
  if (before.kind === 'manual') return { ...before, ...live };
  return { ...before, ...live, updatedAt: at, version: before.version + 1 };
}

/** A segment whose newest version could not be filled; the same object when it has a failure already. */
export function withFailure(before: Definition, failure: SegmentFailure, at: string): Definition {
  if (before.failure) return before;
  return { ...before, failure, updatedAt: at, version: before.version + 1, revision: before.revision + 1 };
}

/** A manual segment with a new version, for a list that is to replace the live one. */
export function withNewList(before: Definition): Definition {
  return { ...before, ruleVersion: before.ruleVersion + 1, revision: before.revision + 1 };
}

/** True when the live version is the newest one. A manual segment is always ready. */
export const isReady = ({ kind, live, ruleVersion }: Definition) => kind === 'manual' || live === ruleVersion;

/** True while this is the newest version of a segment and not yet the live one. */
export const isPending = ({ live, ruleVersion }: Definition, version: number) =>
  ruleVersion === version && live !== version;

/** The versions whose edges are kept up to date: the live one and the newest one. */
export function versionsOf(definition: Definition | null): readonly number[] {
  if (!definition) return [];
  return [...new Set([definition.live, definition.ruleVersion])].filter((version) => version > 0);
}
