import type { RowFault } from '../change.ts';
import type { Column } from '../csv/columns.ts';
import { failedRowsWriter, importLogLine } from '../csv/logs.ts';
import type { Warning } from '../job.ts';
import type { Verdict } from '../user.ts';
import type { Applied, Note } from './decide.ts';
import type { PieceIndex } from './progress.ts';

/** One row of a file as it came, and what became of it. */
export type Outcome = { readonly line: number; readonly cells: readonly string[]; readonly applied: Applied };

/** What the logs say of some rows, as files and by line. */
export type Written = { readonly log: string; readonly failed: string; readonly index: PieceIndex };

/** A row that could not be read, or was not reached. */
export function failedRow(faults: readonly RowFault[]): Applied {
  return { verdict: 'FAILED', faults, userId: null };
}

/** The fault of a row that no part came to apply. */
export const NOT_APPLIED: RowFault = {
  code: 'notApplied',
  detail: 'could not be applied; import this file again to apply it',
};

/** Writes outcomes, in the order of their lines, as the two log files have them. */
export function outcomeWriter(plan: { readonly header: readonly string[]; readonly columns: readonly Column[] }) {
  const failedRows = failedRowsWriter(plan.header);
  const userIdAt = plan.columns.findIndex(({ field }) => field === 'userId');
  const logLine = ({ line, cells, applied }: Outcome) => {
    const userId = applied.userId ?? (cells[userIdAt]?.trim() || null);
    const { verdict } = applied;
    if (verdict === 'FAILED') return importLogLine({ line, verdict, userId, id: null, errors: applied.faults });
    return importLogLine({ line, verdict, userId, id: applied.id, errors: [] });
  };
  return (outcomes: readonly Outcome[]): Written => {
    const index: PieceIndex = { log: [], failed: [] };
    const written = { log: '', failed: '', index };
    const add = (file: 'log' | 'failed', line: number, text: string) => {
      written[file] += text;
      written.index[file].push(line, Buffer.byteLength(text));
    };
    for (const outcome of outcomes) {
      const { line, cells, applied } = outcome;
      add('log', line, logLine(outcome));
      if (applied.verdict === 'FAILED') add('failed', line, failedRows.line(cells, line, applied.faults));
    }
    return written;
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
  return outcomes.flatMap(({ line, applied }) => {
    const notes = 'notes' in applied ? applied.notes : [];
    return notes.map((code) => ({ code, ...NOTES[code], count: 1, lines: [line] }));
  });
}

/** The verdicts of some outcomes. */
export const verdictsOf = (outcomes: readonly Outcome[]): readonly Verdict[] =>
  outcomes.map(({ applied }) => applied.verdict);
