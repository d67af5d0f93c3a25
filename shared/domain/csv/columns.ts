import * as z from 'zod/mini';
import { type Property, PropertyType } from '../properties/property.ts';
import { isBlank } from './cells.ts';

/**
 * The meaning of a column of a file: a property (with its type), one of `id tags companies status signedUpAt` (type null), or
 * nothing (field null).
 *
 * - `fills`: the field of another column, whose blank cells this column's cells fill.
 * - `isGuess`: the column is read as an identifier only because no other one was found.
 * - `isSpacer`: the column is blank in the header and in the head of the file; a row with a value in it fails.
 */
export const Column = z.strictObject({
  header: z.string(),
  field: z.nullable(z.string()),
  type: z.nullable(PropertyType),
  identifier: z.boolean(),
  fills: z.exactOptional(z.string()),
  isGuess: z.exactOptional(z.literal(true)),
  isSpacer: z.exactOptional(z.literal(true)),
});
export type Column = Readonly<z.infer<typeof Column>>;

/** A property that has to be declared before the rows of a file are read. */
export const NewProperty = z.strictObject({ key: z.string(), label: z.string(), type: PropertyType });
export type NewProperty = z.infer<typeof NewProperty>;

/** An entry of the job's warnings about columns; it stands on the header's line. */
export type ColumnWarning = {
  readonly code: 'unknownColumn' | 'secondColumn' | 'readOnlyColumn' | 'idAsUserId';
  readonly field: string;
  readonly count: number;
  readonly detail: string;
};

/** A column that gives nothing. */
export const leftOut = (header: string): Column => ({ header, field: null, type: null, identifier: false });

/** A column that gives a property. */
export function columnOf(
  header: string,
  { key, type, identifier }: Pick<Property, 'key' | 'type' | 'identifier'>,
): Column {
  return { header, field: key, type, identifier };
}

/** The columns of a file with those alone that identify users; the others give nothing, and fill what they filled. */
export function identifyingColumns(columns: readonly Column[]): Column[] {
  return columns.map((column) =>
    column.identifier || column.field === 'id' ? column : { ...column, field: null, type: null, identifier: false },
  );
}

/** The indexes of the columns whose cells fill the blank cells of a field's own column. */
export function fillersOf(columns: readonly Column[], field: string): readonly number[] {
  return columns.flatMap((column, index) => (column.fills === field ? [index] : []));
}

/** The first cell of a row that is not blank, of the column at `index` and of those that fill it. */
export function firstGiven(cells: readonly string[], index: number, fillers: readonly number[]): string {
  const own = cells[index] ?? '';
  if (fillers.length === 0 || !isBlank(own)) return own;
  const other = fillers.find((filler) => !isBlank(cells[filler] ?? ''));
  return other === undefined ? own : (cells[other] ?? '');
}

/** A test for rows that hold a value where these columns have no place for one: behind the last one, or in a spacer. */
export function surplusTest(columns: readonly Column[]): (cells: readonly string[]) => boolean {
  const width = columns.length;
  const spacers = columns.flatMap((column, index) => (column.isSpacer ? [index] : []));
  return (cells) =>
    (cells.length > width && !cells.slice(width).every(isBlank)) ||
    spacers.some((index) => !isBlank(cells[index] ?? ''));
}

/** The letter by which spreadsheets name the column at an index: A, B … Z, AA … */
export function letterOf(index: number): string {
  const letter = String.fromCharCode(0x41 + (index % 26));
  return index < 26 ? letter : letterOf(Math.floor(index / 26) - 1) + letter;
}
