import type { RowFault } from '../users/change.ts';
import type { Verdict } from '../users/user.ts';
import { escapeFormula, unescapeFormula } from './formula.ts';
import { csvLine, fileStart, textCell } from './write.ts';

/** The first line of `import-log.csv`. */
export const IMPORT_LOG_START = fileStart(['line', 'verdict', 'userId', 'id', 'errors'], 'spreadsheet');

/** What `import-log.csv` says of one row. `userId` is the company's own id, `id` ours; null where there is none. */
export type LoggedRow = {
  readonly line: number;
  readonly verdict: Verdict;
  readonly userId: string | null;
  readonly id: string | null;
  readonly errors: readonly RowFault[];
};

/** One line of `import-log.csv`. */
export function importLogLine({ line, verdict, userId, id, errors }: LoggedRow): string {
  return `${line},${verdict},${textCell(userId ?? '', 'spreadsheet')},${id ?? ''},${textCell(errorsText(errors), 'spreadsheet')}\r\n`;
}

/** The first line of `deletion-log.csv`. */
export const DELETION_LOG_START = fileStart(['id', 'verdict', 'errors'], 'spreadsheet');

/** One line of `deletion-log.csv`. */
export function deletionLogLine(
  id: string,
  verdict: 'DELETED' | 'NOT_FOUND' | 'FAILED',
  errors: readonly RowFault[],
): string {
  return csvLine([id, verdict, errorsText(errors)]);
}

/** Faults as people read them in a log: `code(field): detail`, without any value. */
function errorsText(errors: readonly RowFault[]): string {
  return errors
    .map(({ code, field, detail }) => `${code}${field === undefined ? '' : `(${field})`}: ${detail}`)
    .join('; ');
}

/** Writes `failed-rows.csv` for the header of the file that the rows came in. */
export type FailedRowsWriter = {
  readonly start: string;
  /** A row as it came, with its line and what is wrong; cells beyond the header stand behind these. */
  readonly line: (cells: readonly string[], line: number, errors: readonly RowFault[]) => string;
};

/** Our own columns of an earlier `failed-rows.csv` are not repeated. */
export function failedRowsWriter(header: readonly string[]): FailedRowsWriter {
  const kept = [...header.keys()].filter((index) => !header[index]?.startsWith('roster_'));
  const names = kept.map((index) => header[index] ?? '');
  return {
    start: fileStart([...names, 'roster_line', 'roster_errors'], 'spreadsheet'),
    line: (cells, line, errors) => {
      const own = kept.map((index) => again(cells[index] ?? ''));
      const surplus = cells.slice(header.length).map(again);
      return csvLine([...own, String(line), errorsText(errors), ...surplus]);
    },
  };
}

const NUMBER = /^-\d+(?:[.,]\d+)*$/;

/** A cell that an import reads as it read this one, and that no spreadsheet takes for a formula. */
function again(cell: string): string {
  return NUMBER.test(cell) ? cell : escapeFormula(unescapeFormula(cell), 'spreadsheet');
}
