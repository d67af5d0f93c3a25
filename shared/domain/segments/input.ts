import * as z from 'zod/mini';
import { Fault, Problem, problemOf } from '../errors.ts';
import type { Schema } from '../properties/property.ts';
import { below, newReport, type Reading, type Report, type Sound } from '../report.ts';
import { canonical } from '../rules/canonical.ts';
import type { Rule } from '../rules/rule.ts';
import { check } from '../rules/schema.ts';
import { isField } from '../users/fields.ts';
import { LONG_TEXT_LIMIT, readWords } from '../values/text.ts';
import type { Locale } from '../values/value.ts';
import { type Definition, type Named, withChange } from './definition.ts';

const NAME_LIMIT = 128;
const MOST_COLUMNS = 500;

/** The most references that one call may name. */
const MOST_REFERENCES = 500;

/** References to users, as bodies hold them. */
export const References = z.array(z.string()).check(z.maxLength(MOST_REFERENCES));

const described = {
  description: z.optional(z.nullable(z.string())),
  columns: z.optional(z.nullable(z.array(z.string()).check(z.minLength(1), z.maxLength(MOST_COLUMNS)))),
  // The rule has a parser of its own, which points into it.
  rule: z.optional(z.unknown()),
};

/** The body that creates a segment. Only a dynamic segment has a `rule`, and only a manual one has `members`. */
export const NewSegment = z.strictObject({
  name: z.string(),
  kind: z.enum(['dynamic', 'manual']),
  members: z.optional(References),
  ...described,
});
export type NewSegment = z.infer<typeof NewSegment>;

/** The body that changes a segment. A key that is absent leaves its attribute unchanged. */
export const SegmentPatch = z.strictObject({ name: z.optional(z.string()), ...described });
export type SegmentPatch = z.infer<typeof SegmentPatch>;

/** The parsed attributes of a body, with only the keys that the body has. */
export type SegmentChange = Partial<Named> & { readonly rule?: Rule };

type Context = { readonly schema: Schema; readonly locale: Locale };

const NO_NAME = new Fault('required', 'A segment needs a name.');
const NAMED_TWICE = new Fault('notAllowed', 'Is named twice.');
const ARCHIVED = new Fault('archived', 'The property is archived.');
const UNKNOWN_FIELD = new Fault('unknownField', 'No field has this name.');
const NO_RULE = new Fault('notAllowed', 'A manual segment has no rule.');
const NO_MEMBERS = new Fault('notAllowed', 'A dynamic segment has its members by its rule.');
const RULE_NEEDED = new Fault('required', 'A dynamic segment needs a rule.');

function readName(raw: string): string | Fault {
  const name = readWords(raw, NAME_LIMIT);
  return name === '' ? NO_NAME : name;
}

function reportColumns(columns: readonly string[], schema: Schema, report: Report): void {
  columns.forEach((name, index) => {
    const pointer = below('/columns', index);
    if (columns.indexOf(name) !== index) report.add(pointer, NAMED_TWICE);
    else if (!isField(name, schema)) report.add(pointer, schema.properties.has(name) ? ARCHIVED : UNKNOWN_FIELD);
  });
}

function ruleOf(raw: unknown, report: Report, { schema, locale }: Context): Rule | undefined {
  if (raw === undefined || raw === null) return undefined;
  const checked = check(raw, schema, locale);
  return 'rule' in checked ? checked.rule : report.join(checked.faults);
}

/** Parses name, description, columns and rule of a body, and reports their faults. */
function readSegmentInput(body: Sound<SegmentPatch>, report: Report, context: Context): SegmentChange {
  const { columns } = body;
  const name = body.name === undefined ? undefined : report.keep('/name', readName(body.name));
  const said = body.description === undefined ? undefined : readWords(body.description ?? '', LONG_TEXT_LIMIT);
  const description = report.keep('/description', said);
  reportColumns(columns ?? [], context.schema, report);
  const rule = ruleOf(body.rule, report, context);
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description: description || null }),
    ...(columns !== undefined && { columns }),
    ...(rule !== undefined && { rule }),
  };
}

/** Reports a rule or members that the kind forbids, and a rule that it needs. */
function reportKind({ kind, rule, members }: Sound<NewSegment>, report: Report): void {
  const hasRule = rule !== undefined && rule !== null;
  if (kind === 'dynamic' && !hasRule) report.add('/rule', RULE_NEEDED);
  if (kind === 'dynamic' && members) report.add('/members', NO_MEMBERS);
  if (kind === 'manual' && hasRule) report.add('/rule', NO_RULE);
}

/** Parses the body that creates a segment. */
export function readNewSegment(
  body: Sound<NewSegment>,
  context: Context,
): Reading<{ readonly named: Named; readonly rule: Rule | null }> {
  const report = newReport();
  reportKind(body, report);
  const { name, description = null, columns = null, rule = null } = readSegmentInput(body, report, context);
  return report.reading(name === undefined ? undefined : { named: { name, description, columns }, rule });
}

/** @throws Problem when a patch gives a rule to a manual segment, or takes it from a dynamic one */
function assertSuits({ kind }: Definition, { rule }: Sound<SegmentPatch>): void {
  const report = newReport();
  if (kind === 'manual' && rule !== undefined && rule !== null) report.add('/rule', NO_RULE);
  if (kind === 'dynamic' && rule === null) report.add('/rule', RULE_NEEDED);
  if (report.faults.length > 0) throw problemOf(report.faults);
}

/** @throws Problem `immutable` when more than the columns of the built-in segment would change */
function assertMutable({ kind }: Definition, patch: Sound<SegmentPatch>): void {
  const more = Object.keys(patch).filter((name) => name !== 'columns');
  if (kind === 'all' && more.length > 0) throw new Problem('immutable', 'Only the columns of this segment can change.');
}

/** @throws Problem `immutable` for the built-in segment */
export function assertDeletable({ kind }: Definition): void {
  if (kind === 'all') throw new Problem('immutable', 'This segment is always there.');
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/**
 * A segment after a change; the same object when nothing changes. A rule with the same meaning in other words is stored as
 * it is written now, and begins no new version of the members.
 */
export function patched(before: Definition, change: SegmentChange, at: string): Definition {
  const { rule, ...named } = change;
  const differs = Object.entries(named).some(([name, value]) => !isSame(Reflect.get(before, name), value));
  const rewritten = rule !== undefined && !isSame(rule, before.rule);
  if (!differs && !rewritten) return before;
  if (!rewritten) return withChange(before, named, at);
  const means = (one: Rule | null) => one && canonical(one);
  if (isSame(means(rule), means(before.rule))) return { ...withChange(before, named, at), rule };
  return withChange(before, { ...named, rule }, at);
}

/** A parsed patch. It gives the segment after the change; `accept` is called with the version that was found, and may throw. */
export type Patch = (before: Definition, at: string, accept: (version: number) => void) => Definition;

/** Parses a patch, once. The parsed patch throws the problem `immutable`, and whatever `accept` throws. */
export function readPatch(body: Sound<SegmentPatch>, context: Context): Reading<Patch> {
  const report = newReport();
  const change = readSegmentInput(body, report, context);
  return report.reading<Patch>((before, at, accept) => {
    assertSuits(before, body);
    accept(before.version);
    assertMutable(before, body);
    return patched(before, change, at);
  });
}
