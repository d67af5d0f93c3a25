import * as z from 'zod/mini';
import { PropertyType } from '../properties/property.ts';

/**
 * What a column of a file gives: a property (with its type), one of `id tags companies status signedUpAt` (type null), or
 * nothing (field null).
 */
export const Column = z.strictObject({
  header: z.string(),
  field: z.nullable(z.string()),
  type: z.nullable(PropertyType),
  identifier: z.boolean(),
});
export type Column = z.infer<typeof Column>;

/** A property that has to be declared before the rows of a file are read. */
export const NewProperty = z.strictObject({ key: z.string(), label: z.string(), type: PropertyType });
export type NewProperty = z.infer<typeof NewProperty>;

/** What people should know about a column: an entry of the job's warnings, which stands on the header's line. */
export type ColumnWarning = {
  readonly code: 'unknownColumn' | 'readOnlyColumn' | 'idAsUserId';
  readonly field: string;
  readonly detail: string;
};

/** A column that gives nothing. */
export const leftOut = (header: string): Column => ({ header, field: null, type: null, identifier: false });
