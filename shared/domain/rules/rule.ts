import * as z from 'zod/mini';

/** The version of the rule language that rules are stored with. */
export const LANGUAGE_VERSION = 1;

/** The number of elements that a list, tags or companies must have. */
export const Size = z.strictObject({ atLeast: z.exactOptional(z.number()), atMost: z.exactOptional(z.number()) });
export type Size = { readonly atLeast?: number; readonly atMost?: number };

/** The value beside an operator, in the normal form of the field's type; which operator takes what is in README.md. */
export const Operand = z.union([z.string(), z.number(), z.readonly(z.array(z.union([z.string(), z.number()]))), Size]);
export type Operand = string | number | readonly (string | number)[] | Size;

/** One question about one field of a user. Defaults are left out: `exact` is there when true, `timeZone` when the user's. */
export const Condition = z.strictObject({
  field: z.string(),
  op: z.string(),
  value: z.exactOptional(Operand),
  exact: z.exactOptional(z.literal(true)),
  timeZone: z.exactOptional(z.literal('user')),
});
export type Condition = {
  readonly field: string;
  readonly op: string;
  readonly value?: Operand;
  readonly exact?: true;
  readonly timeZone?: 'user';
};

/**
 * A rule that was checked: one condition, or conditions joined.
 *
 * The schema reads a rule that was stored, or that is answered; what a caller sends goes through `check` in schema.ts.
 */
export type Rule =
  | Condition
  | { readonly all: readonly Rule[] }
  | { readonly any: readonly Rule[] }
  | { readonly not: Rule };
export const Rule: z.ZodMiniType<Rule> = z.lazy(() =>
  z.union([
    Condition,
    z.strictObject({ all: z.readonly(z.array(Rule)) }),
    z.strictObject({ any: z.readonly(z.array(Rule)) }),
    z.strictObject({ not: Rule }),
  ]),
);

/** Every condition of a rule, in the order in which they are written. */
export function conditionsOf(rule: Rule): readonly Condition[] {
  if ('all' in rule) return rule.all.flatMap(conditionsOf);
  if ('any' in rule) return rule.any.flatMap(conditionsOf);
  return 'not' in rule ? conditionsOf(rule.not) : [rule];
}
