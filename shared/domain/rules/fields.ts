import { conditionsOf, type Rule } from './rule.ts';

/** The fields that a rule reads: a change of any other field of a user cannot change its answer. */
export function fieldsOf(rule: Rule): ReadonlySet<string> {
  return new Set(
    conditionsOf(rule).flatMap(({ field, timeZone }) => (timeZone === 'user' ? [field, 'timezone'] : [field])),
  );
}
