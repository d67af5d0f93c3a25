import type { RowFault } from '../users/change.ts';
import type { Verdict } from '../users/user.ts';
import { csvLine, fileStart, textCell } from './write.ts';

/** The first line of `import-log.csv`. */
export const IMPORT_LOG_START = fileStart(['line', 'verdict', 'userId', 'id', 'errors'], 'spreadsheet');

/** One row in `import-log.csv`. `userId` is the company's own id, `id` ours; null where there is none. */
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
export function errorsText(errors: readonly RowFault[]): string {
  return errors
    .map(({ code, field, detail }) => `${code}${field === undefined ? '' : `(${field})`}: ${detail}`)
    .join('; ');
}
