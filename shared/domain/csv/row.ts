import type { Fault } from '../errors.ts';
import type { Change, RowFault } from '../users/change.ts';
import { type Column, fillersOf, firstGiven, surplusTest } from './columns.ts';
import { NOT_CORRECTED, notCorrectedReader } from './failed-rows.ts';
import type { CsvRecord } from './records.ts';
import { type Draft, drafts, type RowSettings, type Take, takerOf } from './take.ts';

/**
 * A row as the change it asks for; `id` is the id of ours that it gives. `lost` are the faults of cells that are left out;
 * `isShort`: it has fewer cells than the header.
 */
export type ReadRow = {
  readonly line: number;
  readonly id: string | null;
  readonly change: Change;
  readonly lost: readonly RowFault[];
  readonly isShort: boolean;
};
/** A row that cannot be applied, with everything that is wrong in it. */
export type FaultyRow = { readonly line: number; readonly faults: readonly RowFault[] };

/** A column's place and those of the columns that fill it, its field, and the function that takes its cells. */
type Taker = {
  readonly index: number;
  readonly fillers: readonly number[];
  readonly field: string;
  readonly take: Take;
};

const TOO_MANY = 'Has more cells than the header: quote the cells that hold the delimiter.';
const NO_IDENTIFIER = {
  code: 'noIdentifier',
  detail: 'Has no identifier that can be used: give at least one.',
} as const;

/** A fault of one cell. */
type CellFault = RowFault & { readonly field: string };
const NO_FAULTS: readonly CellFault[] = [];

/** A reader of rows, compiled for the columns of one file. */
export function rowReader(settings: RowSettings): (record: CsvRecord) => ReadRow | FaultyRow {
  const { columns } = settings;
  const takers = columns.flatMap((column, index): Taker[] => {
    const take = takerOf(column, settings);
    const field = column.field ?? '';
    return take ? [{ index, fillers: fillersOf(columns, field), field, take }] : [];
  });
  const { begin, leave } = drafts(settings);
  const shapeFault = shapeCheck(columns);
  const failing = failingTest(settings);
  return (record) => {
    const { line, cells } = record;
    const misshapen = shapeFault(record);
    if (misshapen) return { line, faults: [misshapen] };
    const draft = begin();
    const bad = fill(draft, cells, takers);
    const faults = failing(draft, bad);
    if (faults) return { line, faults };
    for (const { field } of bad) leave(draft, field);
    return { line, id: draft.id, change: draft.change, lost: bad, isShort: cells.length < columns.length };
  };
}

/** Puts the cells of a row into its draft, and answers the faults of those that are bad. */
function fill(draft: Draft, cells: readonly string[], takers: readonly Taker[]): readonly CellFault[] {
  let faults = NO_FAULTS;
  for (const { index, fillers, field, take } of takers) {
    const wrong = take(firstGiven(cells, index, fillers), draft);
    if (wrong) faults = [...faults, { ...plain(wrong), field }];
  }
  return faults;
}

/** Tells the faults by which a row with these bad cells fails; null when it is applied without them. */
function failingTest({ columns, options }: RowSettings) {
  const skips = options.badCells === 'skip';
  const identifiers = new Set(columns.flatMap(({ field, identifier }) => (identifier ? field : null)));
  return ({ identified }: Draft, bad: readonly CellFault[]): readonly RowFault[] | null => {
    // Where bad cells fail the row, that of an identifier says enough.
    const isTold = !skips && bad.some(({ field }) => identifiers.has(field));
    if (!identified && !isTold) return [...bad, NO_IDENTIFIER];
    return skips || bad.length === 0 ? null : bad;
  };
}

const plain = ({ code, detail }: Fault): RowFault => ({ code, detail });

/** Tells what is wrong with a row as a whole: then its cells stand under the wrong headers and say nothing. */
function shapeCheck(columns: readonly Column[]): (record: CsvRecord) => RowFault | null {
  const hasSurplus = surplusTest(columns);
  const notCorrected = notCorrectedReader(columns.map(({ header }) => header));
  return ({ cells, fault }) => {
    if (fault) return plain(fault);
    if (hasSurplus(cells)) return { code: 'tooManyCells', detail: TOO_MANY };
    const { raw, surplus } = notCorrected(cells);
    return raw === '' && surplus.length === 0 ? null : plain(NOT_CORRECTED);
  };
}
