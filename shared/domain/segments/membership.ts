import type { Schema } from '../properties/property.ts';
import type { Settings } from '../rules/compile.ts';
import { type Entry, indexRules } from '../rules/rule-index.ts';
import type { Profile } from '../users/user.ts';
import { type Definition, versionsOf } from './definition.ts';

/**
 * The name of the membership in one version of a segment: `<segment>#<version>`. The lists of a profile hold it, the
 * attributes of a user's memberships are named by it, and the index over all rules answers with it.
 */
export const membershipName = (segment: string, version: number) => `${segment}#${version}`;

/** Reads the segment and the version from a membership's name. */
export function readMembership(name: string): { readonly segment: string; readonly version: number } {
  const cut = name.lastIndexOf('#');
  return { segment: name.slice(0, cut), version: Number(name.slice(cut + 1)) };
}

/** The memberships that a change of a profile begins and ends. */
export type Flips = { readonly entered: readonly string[]; readonly left: readonly string[] };

/**
 * Evaluates all segments for one profile: membership by rules and by lists is decided here alone. A profile that is null
 * stands for a user who does not exist.
 *
 * - `names`: all memberships that it evaluates, of live versions and of versions that are being filled.
 * - `evaluate`: the memberships that a profile has.
 * - `change`: the memberships that differ between two states of a profile.
 * - `livesAs`: for a membership of a version that is being filled, the one of the live version; else undefined.
 */
export type Evaluator = {
  readonly names: ReadonlySet<string>;
  readonly evaluate: (profile: Profile | null, now: number) => readonly string[];
  readonly change: (before: Profile | null, after: Profile | null, now: number) => Flips;
  readonly livesAs: (name: string) => string | undefined;
};

function rulesOf(definition: Definition): readonly Entry[] {
  const { id, rule, ruleVersion, liveRule, live } = definition;
  const newest = rule ? [{ id: membershipName(id, ruleVersion), rule }] : [];
  return live > 0 && live !== ruleVersion && liveRule
    ? [...newest, { id: membershipName(id, live), rule: liveRule }]
    : newest;
}

function liveNames(definitions: readonly Definition[]): ReadonlyMap<string, string> {
  const filling = definitions.filter(({ live, ruleVersion }) => live > 0 && live !== ruleVersion);
  return new Map(
    filling.map(({ id, live, ruleVersion }) => [membershipName(id, ruleVersion), membershipName(id, live)]),
  );
}

/** Makes the evaluator of some segments. It may be used for as long as definitions and schema are the same. */
export function evaluatorOf(definitions: readonly Definition[], schema: Schema, settings: Settings): Evaluator {
  const rules = definitions.flatMap(rulesOf);
  const index = indexRules(rules, schema, settings);
  const manual = definitions.filter(({ kind }) => kind === 'manual');
  const lists = new Set(manual.flatMap((one) => versionsOf(one).map((version) => membershipName(one.id, version))));
  const liveNameOf = liveNames(definitions);
  const listed = (profile: Profile | null) => profile?.lists.filter((name) => lists.has(name)) ?? [];
  return {
    names: new Set([...rules.map(({ id }) => id), ...lists]),
    evaluate: (profile, now) => (profile ? [...index.evaluate(profile, now).ids, ...listed(profile)] : []),
    change(before, after, now) {
      const { entered, left } = index.change(before, after, now);
      const had = listed(before);
      const has = listed(after);
      return {
        entered: [...entered, ...has.filter((name) => !had.includes(name))],
        left: [...left, ...had.filter((name) => !has.includes(name))],
      };
    },
    livesAs: (name) => liveNameOf.get(name),
  };
}
