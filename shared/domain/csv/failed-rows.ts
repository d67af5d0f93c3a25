import * as z from 'zod/mini';
import { Fault } from '../errors.ts';
import type { RowFault } from '../users/change.ts';
import { isBlank } from './cells.ts';
import { escapeFormula, unescapeFormula } from './formula.ts';
import { errorsText } from './logs.ts';
import type { CsvRecord } from './records.ts';
import { csvLine, fileStart } from './write.ts';

/** The columns of `failed-rows.csv` that Roster adds begin so; an import takes no values from them. */
const OURS = 'roster_';
const RAW = 'roster_raw';
const SURPLUS = /^roster_surplus_\d+$/;

/** True for the header of a column that Roster adds to `failed-rows.csv`. */
export const isOurs = (header: string) => header.startsWith(OURS);

/** The most columns for surplus cells; a row with more of them is given back as one text. */
const MOST_SURPLUS = 50;

/** The columns that the failed rows of a file need beside its own: one for raw text, and how many for surplus cells. */
export const FailedColumns = z.strictObject({ raw: z.boolean(), surplus: z.number() });
export type FailedColumns = z.infer<typeof FailedColumns>;

/** A record as it came: its cells, or the text of one whose frame is at fault. */
export type SourceRow = Pick<CsvRecord, 'line' | 'cells' | 'raw'>;

/** The parts of a record that stand in no column of the file itself: its raw text, and the cells under no header. */
type Rest = { readonly raw: string; readonly surplus: readonly string[] };

const NOTHING: Rest = { raw: '', surplus: [] };

export const NOT_CORRECTED = new Fault(
  'notCorrected',
  'Comes from failed-rows.csv and was not corrected: put its values into the right columns and empty the columns roster_raw and roster_surplus_1, 2 ….',
);

const withoutBlankEnd = (cells: readonly string[]) => cells.slice(0, cells.findLastIndex((cell) => !isBlank(cell)) + 1);

/** Reads what stands in the columns of an earlier `failed-rows.csv`: the file of this header may be one. */
export function notCorrectedReader(header: readonly string[]): (cells: readonly string[]) => Rest {
  const rawAt = header.indexOf(RAW);
  const surplusAt = [...header.keys()].filter((index) => SURPLUS.test(header[index] ?? ''));
  if (rawAt < 0 && surplusAt.length === 0) return () => NOTHING;
  return (cells) => {
    const raw = cells[rawAt] ?? '';
    const surplus = surplusAt.map((index) => cells[index] ?? '');
    return { raw: isBlank(raw) ? '' : raw, surplus: withoutBlankEnd(surplus) };
  };
}

/** Reads what stands in no column of the file itself; a row with very many surplus cells is one text. */
function restReader(header: readonly string[]): (record: SourceRow) => Rest {
  const notCorrected = notCorrectedReader(header);
  const spacers = [...header.keys()].filter((index) => header[index] === '');
  return ({ cells, raw }) => {
    if (raw !== '') return { raw, surplus: [] };
    const earlier = notCorrected(cells);
    const inSpacers = spacers.map((index) => cells[index] ?? '').filter((cell) => !isBlank(cell));
    const beyond = cells.length > header.length ? withoutBlankEnd(cells.slice(header.length)) : [];
    const surplus = [...earlier.surplus, ...inSpacers, ...beyond];
    if (surplus.length > MOST_SURPLUS) return { raw: csvLine(cells).trimEnd(), surplus: [] };
    return { raw: earlier.raw, surplus };
  };
}

/** Finds the columns that the failed rows of a file need, record by record. */
export function failedColumnsFinder(header: readonly string[]) {
  const restOf = restReader(header);
  let columns: FailedColumns = { raw: false, surplus: 0 };
  return {
    add(record: SourceRow): void {
      const { raw, surplus } = restOf(record);
      if (raw === '' && surplus.length === 0) return;
      columns = { raw: columns.raw || raw !== '', surplus: Math.max(columns.surplus, surplus.length) };
    },
    columns: () => columns,
  };
}

/** Writes `failed-rows.csv` for the file that the rows came in. */
export type FailedRowsWriter = {
  readonly start: string;
  /** A record as it came, with its line and what is wrong. */
  readonly line: (record: SourceRow, errors: readonly RowFault[]) => string;
};

/**
 * A writer of `failed-rows.csv` for a file of this header. Behind the file's own columns stand `roster_raw`, where a row
 * is one text because its cells are not known, and `roster_surplus_1` …, then `roster_line` and `roster_errors`.
 */
export function failedRowsWriter(header: readonly string[], columns: FailedColumns): FailedRowsWriter {
  const restOf = restReader(header);
  const kept = [...header.keys()].filter((index) => header[index] !== '' && !isOurs(header[index] ?? ''));
  const names = kept.map((index) => header[index] ?? '');
  const surplusNames = Array.from({ length: columns.surplus }, (_, index) => `${OURS}surplus_${index + 1}`);
  const added = [...(columns.raw ? [RAW] : []), ...surplusNames, `${OURS}line`, `${OURS}errors`];
  return {
    start: fileStart([...names, ...added], 'spreadsheet'),
    line: (record, errors) => {
      const { raw, surplus } = restOf(record);
      const cells = raw === '' ? record.cells : [];
      const own = [
        ...kept.map((index) => cells[index] ?? ''),
        ...(columns.raw ? [raw] : []),
        ...surplusNames.map((_, index) => surplus[index] ?? ''),
      ];
      return csvLine([...own.map(again), String(record.line), errorsText(errors)]);
    },
  };
}

const NUMBER = /^-\d+(?:[.,]\d+)*$/;

/** A cell that an import reads as it read this one, and that no spreadsheet takes for a formula. */
function again(cell: string): string {
  return NUMBER.test(cell) ? cell : escapeFormula(unescapeFormula(cell), 'spreadsheet');
}
