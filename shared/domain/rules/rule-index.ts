import type { Schema } from '../properties/property.ts';
import type { Profile } from '../users/user.ts';
import type { Value } from '../values/value.ts';
import { type CompileContext, nodeOf, type Settings } from './compile.ts';
import { fieldsOf } from './fields.ts';
import type { Node } from './node.ts';
import { clearFound, collect, newFound, type Postings, postingsOf } from './postings.ts';
import type { Rule } from './rule.ts';
import { load, newLayout, newSubject, type Subject } from './subject.ts';

/** A rule under a name of the caller's choice. */
export type Entry = { readonly id: string; readonly rule: Rule };

/**
 * Many rules, asked at once. `now` is in milliseconds since 1970, and so is `validUntil`: the earliest moment at which
 * time alone could change an answer, null when no clock is involved.
 *
 * - `evaluate`: the ids of all rules that hold for the profile.
 * - `change`: the ids of those that began or ceased to hold with a change; null is a user who was not, or is no more.
 * - `touched`: the ids of those that had to be asked for it, for tests and measurements.
 *
 * It works in buffers of its own, so a call ends before the next begins.
 */
export type RuleIndex = {
  readonly evaluate: (
    profile: Profile,
    now: number,
  ) => { readonly ids: readonly string[]; readonly validUntil: number | null };
  readonly change: (
    before: Profile | null,
    after: Profile | null,
    now: number,
  ) => { readonly entered: readonly string[]; readonly left: readonly string[]; readonly validUntil: number | null };
  readonly touched: (before: Profile | null, after: Profile | null) => readonly string[];
};

/**
 * An index over rules: by the values that a rule cannot hold without, and once more for each field that rules read.
 *
 * So a user is asked only the rules that the user's own values lead to, and a change of one field only those of them that
 * read this field, by its values before and after. This is the access predicate of publish-subscribe systems (Fabret et
 * al., SIGMOD 2001).
 */
export function indexRules(entries: readonly Entry[], schema: Schema, settings: Settings): RuleIndex {
  const context: CompileContext = { schema, settings, layout: newLayout() };
  const nodes = entries.map(({ rule }) => nodeOf(rule, context));
  const ids = entries.map(({ id }) => id);
  const { layout } = context;
  const whole = postingsOf(nodes, nodes.keys());
  const bySlot = postingsBySlot(entries, nodes, context);
  const found = newFound(nodes.length);
  const old = newSubject();
  const young = newSubject();

  const findTouched = (before: Profile | null, after: Profile | null, now: number): readonly number[] => {
    load(old, layout, before, now);
    load(young, layout, after, now);
    clearFound(found);
    const lists = before && after ? changedIn(bySlot, old, young) : [whole];
    for (const postings of lists) {
      collect(postings, old, found);
      collect(postings, young, found);
    }
    return found.rules;
  };

  const holds = (rule: number, profile: Profile | null, subject: Subject): boolean =>
    profile !== null && (nodes[rule]?.test(subject) ?? false);

  return {
    evaluate(profile, now) {
      load(young, layout, profile, now);
      clearFound(found);
      collect(whole, young, found);
      const holding = found.rules.filter((rule) => holds(rule, profile, young));
      return { ids: idsAt(holding, ids), validUntil: deadlineOf(young) };
    },
    change(before, after, now) {
      const flipped = findTouched(before, after, now).filter(
        (rule) => holds(rule, before, old) !== holds(rule, after, young),
      );
      const entered = flipped.filter((rule) => holds(rule, after, young));
      const left = flipped.filter((rule) => holds(rule, before, old));
      return { entered: idsAt(entered, ids), left: idsAt(left, ids), validUntil: deadlineOf(young) };
    },
    touched: (before, after) => idsAt(findTouched(before, after, 0), ids),
  };
}

/** For each slot, the postings of the rules that read its field. */
function postingsBySlot(
  entries: readonly Entry[],
  nodes: readonly Node[],
  { layout }: CompileContext,
): readonly Postings[] {
  const readers = layout.fields.map((): number[] => []);
  for (const [rule, entry] of entries.entries()) {
    for (const field of fieldsOf(entry.rule)) readers[layout.slots.get(field) ?? -1]?.push(rule);
  }
  return readers.map((rules) => postingsOf(nodes, rules));
}

/** The postings of the fields in which two subjects differ. */
function changedIn(bySlot: readonly Postings[], old: Subject, young: Subject): readonly Postings[] {
  return bySlot.filter((_, slot) => !isSame(old.values[slot], young.values[slot]));
}

function idsAt(rules: readonly number[], ids: readonly string[]): readonly string[] {
  return rules.map((rule) => ids[rule] ?? '');
}

function deadlineOf(subject: Subject): number | null {
  return subject.until === Number.POSITIVE_INFINITY ? null : subject.until;
}

function isSame(a: Value | null | undefined, b: Value | null | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return a.length === b.length && a.every((element, place) => element === b[place]);
}
