import * as z from 'zod/mini';
import { Property, type Schema, schemaOf } from '../properties/property.ts';
import { Rule } from '../rules/rule.ts';

/** The format of a file of users. `fields`: null for all live ones. */
export const ExportOptions = z.strictObject({
  format: z.enum(['csv', 'jsonl']),
  profile: z.enum(['spreadsheet', 'data']),
  compress: z.nullable(z.literal('gzip')),
  fields: z.nullable(z.readonly(z.array(z.string()))),
});
export type ExportOptions = z.infer<typeof ExportOptions>;

/** The users in an export: all, those who match a rule, those with an edge of a version of a segment, or a list. */
export const ExportSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('rule'), rule: Rule }),
  z.strictObject({ kind: z.literal('segment'), segment: z.string(), ruleVersion: z.number() }),
  z.strictObject({ kind: z.literal('users'), ids: z.readonly(z.array(z.string())) }),
]);
export type ExportSource = z.infer<typeof ExportSource>;

/**
 * The settings of all parts of an export, fixed when it begins, so that they write one file: the time at which rules are
 * evaluated (ms since 1970), the deployment's time zone, the custom properties as they were declared then, and the number
 * of shards of users.
 */
export const ExportPlan = z.strictObject({
  at: z.number(),
  timeZone: z.string(),
  shards: z.number(),
  options: ExportOptions,
  custom: z.readonly(z.array(Property)),
  source: ExportSource,
});
export type ExportPlan = z.infer<typeof ExportPlan>;

/** The custom properties of a schema, as declared: what it can be made from again. */
export function customOf(schema: Schema): readonly Property[] {
  return [...schema.properties.values()].filter(({ origin }) => origin === 'custom');
}

/** The schema that a plan goes by. */
export const schemaOfPlan = ({ custom }: Pick<ExportPlan, 'custom'>): Schema => schemaOf(custom);

/** The numbers of the parts, from 1: one for each shard, in whose order the file stands; one alone for a list of users. */
export function partsOf({ source, shards }: ExportPlan): readonly number[] {
  return Array.from({ length: source.kind === 'users' ? 1 : shards }, (_, index) => index + 1);
}

/** The shard that a part reads. */
export const shardOfPart = (part: number) => part - 1;

/** One object of a part: where it lies, and how many bytes it has. */
const ExportPiece = z.strictObject({ key: z.string(), bytes: z.number() });

/**
 * The progress of a part. `after` is the id of the last user that it has read. Only the pieces that are listed here count,
 * so that a piece of a run that died is in no file.
 */
export const PartProgress = z.object({
  done: z.number(),
  counts: z.object({ users: z.number() }),
  after: z.nullable(z.string()),
  pieces: z.readonly(z.array(ExportPiece)),
});
export type PartProgress = z.infer<typeof PartProgress>;

/** A part that has not begun. */
export const UNBEGUN: PartProgress = { done: 0, counts: { users: 0 }, after: null, pieces: [] };

/** The name of an export's file, and its content type. */
export function fileOf({ format, compress }: ExportOptions): { readonly name: string; readonly contentType: string } {
  const plain = { csv: 'text/csv; charset=utf-8', jsonl: 'application/x-ndjson; charset=utf-8' }[format];
  return compress === null
    ? { name: `users.${format}`, contentType: plain }
    : { name: `users.${format}.gz`, contentType: 'application/gzip' };
}
