import * as z from 'zod/mini';
import { changed, type Definition, type Named } from './definition.ts';
import { Fault, type PlacedFault, Problem, problemOf } from './errors.ts';
import { isField } from './fields.ts';
import type { Schema } from './property.ts';
import { canonical } from './rule/canonical.ts';
import type { Rule } from './rule/rule.ts';
import { check } from './rule/schema.ts';
import { LONG_TEXT_LIMIT, normalText, readText } from './values/text.ts';
import type { Locale } from './values/value.ts';

const NAME_LIMIT = 128;
const MOST_COLUMNS = 500;

/** The most references that one call may name. */
const MOST_REFERENCES = 500;

/** References to users, as bodies hold them. */
export const References = z.array(z.string()).check(z.maxLength(MOST_REFERENCES));

const described = {
  description: z.optional(z.nullable(z.string())),
  columns: z.optional(z.nullable(z.array(z.string()).check(z.minLength(1), z.maxLength(MOST_COLUMNS)))),
  // A rule is read by its own checker, which points into it.
  rule: z.optional(z.unknown()),
};

/** The body by which a segment is made. `rule` belongs to dynamic segments alone, `members` to manual ones. */
export const NewSegment = z.strictObject({
  name: z.string(),
  kind: z.enum(['dynamic', 'manual']),
  members: z.optional(References),
  ...described,
});
export type NewSegment = z.infer<typeof NewSegment>;

/** The body by which a segment is changed: what is not given stays. */
export const SegmentPatch = z.strictObject({ name: z.optional(z.string()), ...described });
export type SegmentPatch = z.infer<typeof SegmentPatch>;

/** What people may say of a segment, read: only what was given. */
export type SegmentChange = Partial<Named> & { readonly rule?: Rule };

type Context = { readonly schema: Schema; readonly locale: Locale };

function readName(raw: string): string | Fault {
  const text = normalText(raw);
  if (text === '') return new Fault('required', 'A segment needs a name.');
  return text instanceof Fault ? text : readText(text, NAME_LIMIT);
}

function readDescription(raw: string | null): string | null | Fault {
  const text = raw === null ? '' : normalText(raw);
  if (text === '') return null;
  return text instanceof Fault ? text : readText(text, LONG_TEXT_LIMIT);
}

function columnFaults(columns: readonly string[] | null | undefined, schema: Schema): readonly PlacedFault[] {
  return (columns ?? []).flatMap((name, index): PlacedFault[] => {
    const pointer = `/columns/${index}`;
    if (columns?.indexOf(name) !== index) return [{ pointer, code: 'notAllowed', detail: 'Is named twice.' }];
    if (isField(name, schema)) return [];
    if (schema.properties.has(name)) return [{ pointer, code: 'archived', detail: 'The property is archived.' }];
    return [{ pointer, code: 'unknownField', detail: 'No field has this name.' }];
  });
}

function ruleOf(raw: unknown, faults: PlacedFault[], { schema, locale }: Context): Rule | undefined {
  if (raw === undefined || raw === null) return undefined;
  const checked = check(raw, schema, locale);
  if ('rule' in checked) return checked.rule;
  faults.push(...checked.faults);
  return undefined;
}

/** Notes a fault where it stands; what was read without one, or was not given, is passed on. */
function sound<T>(read: T | Fault, pointer: string, faults: PlacedFault[]): T | undefined {
  if (!(read instanceof Fault)) return read;
  faults.push({ pointer, code: read.code, detail: read.detail });
  return undefined;
}

/**
 * Reads what a body says of a segment.
 *
 * @throws Problem with an entry for each fault in name, description, columns and rule
 */
function readSegmentInput(body: SegmentPatch, context: Context): SegmentChange {
  const { columns } = body;
  const faults: PlacedFault[] = [];
  const name = sound(body.name === undefined ? undefined : readName(body.name), '/name', faults);
  const text = body.description === undefined ? undefined : readDescription(body.description);
  const description = sound(text, '/description', faults);
  faults.push(...columnFaults(columns, context.schema));
  const rule = ruleOf(body.rule, faults, context);
  if (faults.length > 0) throw problemOf(faults);
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(columns !== undefined && { columns }),
    ...(rule !== undefined && { rule }),
  };
}

const NO_RULE = { pointer: '/rule', code: 'notAllowed', detail: 'A manual segment has no rule.' } as const;
const NO_MEMBERS = {
  pointer: '/members',
  code: 'notAllowed',
  detail: 'A dynamic segment has its members by its rule.',
} as const;
const RULE_NEEDED = { pointer: '/rule', code: 'required', detail: 'A dynamic segment needs a rule.' } as const;

/** @throws Problem when a new segment has what its kind forbids, or lacks what it needs */
function assertKind({ kind, members, rule }: NewSegment): void {
  const hasRule = rule !== undefined && rule !== null;
  const faults: PlacedFault[] = [];
  if (kind === 'dynamic' && !hasRule) faults.push(RULE_NEEDED);
  if (kind === 'dynamic' && members) faults.push(NO_MEMBERS);
  if (kind === 'manual' && hasRule) faults.push(NO_RULE);
  if (faults.length > 0) throw problemOf(faults);
}

/** A new segment as a body describes it. @throws Problem with an entry for each fault */
export function readNewSegment(body: NewSegment, context: Context): { named: Named; rule: Rule | null } {
  assertKind(body);
  const { name = '', description = null, columns = null, rule = null } = readSegmentInput(body, context);
  return { named: { name, description, columns }, rule };
}

/** @throws Problem when a patch gives a rule to a list, or takes the rule from a dynamic segment */
function assertSuits({ kind }: Definition, { rule }: SegmentPatch): void {
  if (kind === 'manual' && rule !== undefined && rule !== null) throw problemOf([NO_RULE]);
  if (kind === 'dynamic' && rule === null) throw problemOf([RULE_NEEDED]);
}

/** @throws Problem `immutable` when more than the columns of the built-in segment would change */
function assertMutable({ kind }: Definition, patch: SegmentPatch): void {
  const more = Object.keys(patch).filter((name) => name !== 'columns');
  if (kind === 'all' && more.length > 0) throw new Problem('immutable', 'Only the columns of this segment can change.');
}

/** @throws Problem `immutable` for the built-in segment */
export function assertDeletable({ kind }: Definition): void {
  if (kind === 'all') throw new Problem('immutable', 'This segment is always there.');
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/**
 * A segment after a change; the same object when nothing is another. A rule that says the same in other words is kept as
 * it is written now, and nobody has to be asked again.
 */
export function patched(before: Definition, change: SegmentChange, at: string): Definition {
  const { rule, ...named } = change;
  const differs = Object.entries(named).some(([name, value]) => !isSame(Reflect.get(before, name), value));
  const rewritten = rule !== undefined && !isSame(rule, before.rule);
  if (!differs && !rewritten) return before;
  if (!rewritten) return changed(before, named, at);
  const means = (one: Rule | null) => one && canonical(one);
  if (isSame(means(rule), means(before.rule))) return { ...changed(before, named, at), rule };
  return changed(before, { ...named, rule }, at);
}

/**
 * Reads a patch, once, into what it makes of a segment as it stands.
 *
 * @param accept looks at the version found, and may refuse it
 * @throws Problem with an entry for each fault; the patch that comes out: `immutable`, and what `accept` throws
 */
export function readPatch(body: SegmentPatch, context: Context) {
  const change = readSegmentInput(body, context);
  return (before: Definition, at: string, accept: (version: number) => void): Definition => {
    assertSuits(before, body);
    accept(before.version);
    assertMutable(before, body);
    return patched(before, change, at);
  };
}
