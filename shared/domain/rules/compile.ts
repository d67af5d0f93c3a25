import type { Schema } from '../properties/property.ts';
import type { Profile } from '../users/user.ts';
import type { Locale } from '../values/value.ts';
import { fieldOf } from './kinds.ts';
import { all, any, NOBODY, type Node } from './node.ts';
import { OPERATORS } from './operators.ts';
import type { Condition, Rule } from './rule.ts';
import { type Layout, load, newLayout, newSubject, slotOf } from './subject.ts';

/** The deployment's own time zone, whose days a rule means unless it says otherwise. */
export type Settings = Pick<Locale, 'timeZone'>;

/**
 * The answer of a rule about a user. `validUntil` is the earliest moment, in milliseconds since 1970, at which time alone
 * could change it; null for a rule without a clock.
 */
type Answer = { readonly matches: boolean; readonly validUntil: number | null };

/** Asks a rule about a profile at a time in milliseconds since 1970. */
export type Matcher = (profile: Profile, now: number) => Answer;

const YES: Answer = { matches: true, validUntil: null };
const NO: Answer = { matches: false, validUntil: null };

/**
 * Compiles a rule to a pure function: it has no clock, no entropy and no I/O; the time is an argument of each call.
 *
 * It never fails. A condition that the schema cannot serve any more (its property is archived, or has a type now that the
 * condition does not suit) is unusable, and a rule whose result is unusable matches no user.
 */
export function compile(rule: Rule, schema: Schema, settings: Settings): Matcher {
  const layout = newLayout();
  const { test } = nodeOf(rule, { schema, settings, layout });
  const subject = newSubject();
  return (profile, now) => {
    load(subject, layout, profile, now);
    const matches = test(subject);
    if (subject.until === Number.POSITIVE_INFINITY) return matches ? YES : NO;
    return { matches, validUntil: subject.until };
  };
}

/** The schema, settings and layout that rules are compiled against; those that share a layout can be asked about one subject. */
export type CompileContext = { readonly schema: Schema; readonly settings: Settings; readonly layout: Layout };

/**
 * The node of a rule, or of its negation.
 *
 * Negations are moved down to the conditions (De Morgan holds in Kleene's logic too). Above the conditions there is only
 * `all` and `any` then, which are true no sooner for an unusable part than for a false one; so an unusable condition can
 * simply be one that never holds, on either side of a `not`, and the third truth value costs nothing at run time.
 */
export function nodeOf(rule: Rule, context: CompileContext, negated = false): Node {
  if ('not' in rule) return nodeOf(rule.not, context, !negated);
  if ('all' in rule) return (negated ? any : all)(rule.all.map((part) => nodeOf(part, context, negated)));
  if ('any' in rule) return (negated ? all : any)(rule.any.map((part) => nodeOf(part, context, negated)));
  return conditionNode(rule, context, negated);
}

function conditionNode(condition: Condition, { schema, settings, layout }: CompileContext, negated: boolean): Node {
  const field = fieldOf(condition.field, schema);
  const operator = typeof field === 'object' ? OPERATORS[field.kind].get(condition.op) : undefined;
  if (!operator) return NOBODY;
  const node = operator.compile(condition.value, {
    slot: slotOf(layout, condition.field),
    exact: condition.exact === true,
    zone: {
      deployment: settings.timeZone,
      slot: condition.timeZone === 'user' ? slotOf(layout, 'timezone') : null,
    },
  });
  if (!node || operator.negative === negated) return node ?? NOBODY;
  const { test } = node;
  return { test: (subject) => !test(subject), indexKeys: null };
}
