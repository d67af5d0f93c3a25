import * as z from 'zod/mini';
import { Rule } from '../rules/rule.ts';

/** `all` is built in, `dynamic` has a rule, `manual` is a list. */
export const SegmentKind = z.enum(['all', 'dynamic', 'manual']);
export type SegmentKind = z.infer<typeof SegmentKind>;

/** While `evaluating` or `failed`, the old membership answers. A failed evaluation is tried again until it succeeds. */
export const SegmentState = z.enum(['ready', 'evaluating', 'archived', 'failed']);
export type SegmentState = z.infer<typeof SegmentState>;

/** The reason why the members of a segment could not be evaluated. It is never a fault of the rule. */
export const SegmentFailure = z.strictObject({ code: z.enum(['internal']), detail: z.string() });
export type SegmentFailure = z.infer<typeof SegmentFailure>;

/** The id of the built-in segment of all users. */
export const ALL_USERS = 'all';

/**
 * A segment as the API shows it.
 *
 * - `rule`: of dynamic segments, else null. `columns`: the saved table columns in order, null for all live fields.
 * - `progress`: from 0 to 1, there while the state is `evaluating`. `failure`: there while it is `failed`.
 * - `memberCount`, `countedAt`: null until first ready. Both may change without a new `version`.
 */
export const Segment = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.nullable(z.string()),
  kind: SegmentKind,
  rule: z.nullable(Rule),
  columns: z.nullable(z.readonly(z.array(z.string()))),
  state: SegmentState,
  progress: z.exactOptional(z.number()),
  failure: z.exactOptional(SegmentFailure),
  memberCount: z.nullable(z.number()),
  countedAt: z.nullable(z.string()),
  createdAt: z.nullable(z.string()),
  updatedAt: z.nullable(z.string()),
  version: z.number(),
});
export type Segment = z.infer<typeof Segment>;
