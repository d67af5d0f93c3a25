import type { Column } from '../csv/columns.ts';
import { type FailedColumns, failedRowsWriter, type SourceRow } from '../csv/failed-rows.ts';
import { importLogLine } from '../csv/logs.ts';
import type { Warning } from '../jobs/job.ts';
import type { RowFault } from '../users/change.ts';
import type { Verdict } from '../users/user.ts';
import type { Applied, Note } from './decide.ts';
import type { PieceIndex } from './progress.ts';

/** One row of a file as it came, and what became of it. */
export type Outcome = SourceRow & { readonly applied: Applied };

/** What the logs say of some rows, as files and by line. */
export type Written = { readonly log: Uint8Array; readonly failed: Uint8Array; readonly index: PieceIndex };

/** Writes down what became of rows, batch by batch: of a row that is written down nothing else has to be kept. */
export type OutcomeWriter = { readonly add: (outcomes: readonly Outcome[]) => void; readonly written: () => Written };

/** A row that could not be read, or was not reached. */
export function failedRow(faults: readonly RowFault[]): Applied {
  return { verdict: 'FAILED', faults, userId: null };
}

/** The fault of a row that was not applied for a reason of ours. */
export const NOT_APPLIED: RowFault = {
  code: 'notApplied',
  detail: 'Nothing is wrong with this row: Roster failed to apply it. Import it again as it is.',
};

/** The lines of one of the two log files, and where each of them ends. */
function linesOf() {
  const chunks: Uint8Array[] = [];
  const index: number[] = [];
  const add = (lines: readonly (readonly [number, string])[]) => {
    const bytes = Buffer.from(lines.map(([, text]) => text).join(''));
    const isAscii = bytes.length === lines.reduce((length, [, text]) => length + text.length, 0);
    for (const [line, text] of lines) index.push(line, isAscii ? text.length : Buffer.byteLength(text));
    chunks.push(bytes);
  };
  return { add, index, bytes: () => Buffer.concat(chunks) };
}

/** A writer of the two log files. Lines stand in the order in which they are added. */
export function outcomeWriter(plan: {
  readonly header: readonly string[];
  readonly columns: readonly Column[];
  readonly failedColumns: FailedColumns;
}): OutcomeWriter {
  const failedRows = failedRowsWriter(plan.header, plan.failedColumns);
  const userIdAt = plan.columns.findIndex(({ field }) => field === 'userId');
  const logLine = ({ line, cells, applied }: Outcome) => {
    const userId = applied.userId ?? (cells[userIdAt]?.trim() || null);
    const { verdict } = applied;
    if (verdict === 'FAILED') return importLogLine({ line, verdict, userId, id: null, errors: applied.faults });
    return importLogLine({ line, verdict, userId, id: applied.id, errors: [] });
  };
  const log = linesOf();
  const failed = linesOf();
  const failedLines = (outcome: Outcome): readonly (readonly [number, string])[] => {
    const { line, applied } = outcome;
    return applied.verdict === 'FAILED' ? [[line, failedRows.line(outcome, applied.faults)]] : [];
  };
  return {
    add: (outcomes) => {
      log.add(outcomes.map((outcome) => [outcome.line, logLine(outcome)]));
      failed.add(outcomes.flatMap(failedLines));
    },
    written: () => ({ log: log.bytes(), failed: failed.bytes(), index: { log: log.index, failed: failed.index } }),
  };
}

const NOTES: Readonly<Record<Note, Omit<Warning, 'code' | 'count' | 'lines'>>> = {
  signedUpAtKept: {
    field: 'signedUpAt',
    detail: 'A user who is known keeps the sign-up time; the one in the file was let go.',
  },
  orderNotKept: {
    field: null,
    detail: 'A later line changed the same user before this one, through another identifier.',
  },
  unknownId: { field: 'id', detail: 'Nobody has this id; the other identifiers decided who is meant.' },
};

/** The warnings that some outcomes carry, one for each row and matter. */
export function warningsOf(outcomes: readonly Outcome[]): readonly Warning[] {
  const warnings: Warning[] = [];
  for (const { line, applied } of outcomes) {
    if (!('notes' in applied)) continue;
    for (const code of applied.notes) warnings.push({ code, ...NOTES[code], count: 1, lines: [line] });
  }
  return warnings;
}

/** The verdicts of some outcomes. */
export const verdictsOf = (outcomes: readonly Outcome[]): readonly Verdict[] =>
  outcomes.map(({ applied }) => applied.verdict);
