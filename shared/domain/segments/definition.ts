import * as z from 'zod/mini';
import { LANGUAGE_VERSION, Rule } from '../rules/rule.ts';
import { ALL_USERS, SegmentKind } from './segment.ts';

/**
 * A segment as it is kept.
 *
 * Every rule, and every list that replaces another, has a version of its own; so have the edges made by it.
 * `ruleVersion` is the version that is wanted, by `rule` when the segment is dynamic; `live` is the one whose edges are
 * the members, by `liveRule` while it differs, and 0 until the segment is first ready: a version that never has an edge.
 * `version` moves with what the API shows, `revision` with every write.
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
  createdAt: z.nullable(z.string()),
  updatedAt: z.nullable(z.string()),
  version: z.number(),
  revision: z.number(),
});
export type Definition = z.infer<typeof Definition>;

/** The built-in segment of all users, as it is until somebody saves columns for it. */
export const EVERYBODY: Definition = {
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
  createdAt: null,
  updatedAt: null,
  version: 1,
  revision: 0,
};

/** What a person says of a segment. */
export type Named = Pick<Definition, 'name' | 'description' | 'columns'>;

/** A new segment: a list is there at once, a rule has to be asked about all users first. */
export function defined(id: string, named: Named, rule: Rule | null, at: string): Definition {
  return {
    ...named,
    id,
    kind: rule ? 'dynamic' : 'manual',
    language: LANGUAGE_VERSION,
    rule,
    ruleVersion: 1,
    liveRule: null,
    live: rule ? 0 : 1,
    createdAt: at,
    updatedAt: at,
    version: 1,
    revision: 1,
  };
}

/** A segment after a change of what is said of it, or of its rule, which begins a new version of the members. */
export function changed(before: Definition, change: Partial<Named> & { readonly rule?: Rule }, at: string): Definition {
  const { rule, ...named } = change;
  const after = { ...before, ...named, updatedAt: at, version: before.version + 1, revision: before.revision + 1 };
  if (!rule) return after;
  const liveRule = before.live === before.ruleVersion ? before.rule : before.liveRule;
  return { ...after, rule, ruleVersion: before.ruleVersion + 1, liveRule };
}

/** A segment whose wanted version is complete: from here on its edges are the members. */
export function filled(before: Definition, at: string): Definition {
  const revision = before.revision + 1;
  const live = { live: before.ruleVersion, liveRule: null, revision };
  // A list that took the place of another shows nothing new; a rule shows that it is ready.
  if (before.kind === 'manual') return { ...before, ...live };
  return { ...before, ...live, updatedAt: at, version: before.version + 1 };
}

/** A manual segment that is about to get another list in the place of the one it has. */
export function relisted(before: Definition): Definition {
  return { ...before, ruleVersion: before.ruleVersion + 1, revision: before.revision + 1 };
}

/** Whether a segment's members are those of the version that is wanted. */
export const isReady = ({ kind, live, ruleVersion }: Definition) => kind === 'manual' || live === ruleVersion;

/** The versions whose edges are kept right: the one that answers, and the one that will. */
export function versionsOf(definition: Definition | null): readonly number[] {
  if (!definition) return [];
  return [...new Set([definition.live, definition.ruleVersion])].filter((version) => version > 0);
}
