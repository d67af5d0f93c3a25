import type { Column } from '../csv/columns.ts';
import { type FailedColumns, failedRowsWriter, type SourceRow } from '../csv/failed-rows.ts';
import { importLogLine } from '../csv/logs.ts';
import type { ReadRow } from '../csv/row.ts';
import type { Warning } from '../jobs/job.ts';
import type { RowFault } from '../users/change.ts';
import type { Verdict } from '../users/user.ts';
import type { Applied, Note } from './decide.ts';
import type { PieceIndex } from './progress.ts';

/** A row of a file as it came, with its outcome, the faults of its cells that are left out, and whether it is short. */
export type Outcome = SourceRow & Pick<ReadRow, 'lost' | 'isShort'> & { readonly applied: Applied };

/** The lines of the two log files about some rows, and the place of each. */
export type RowLogs = { readonly log: Uint8Array; readonly failed: Uint8Array; readonly index: PieceIndex };

/** Writes the outcomes of rows, batch by batch: of a row that is written nothing else has to be kept. */
export type OutcomeWriter = { readonly add: (outcomes: readonly Outcome[]) => void; readonly written: () => RowLogs };

const NO_CELLS: readonly string[] = [];

/** The outcome of a row that was applied. Its cells are kept only when they are given back. */
export function outcomeOf(
  { line, lost, isShort }: { readonly line: number } & Pick<ReadRow, 'lost' | 'isShort'>,
  cells: readonly string[],
  applied: Applied,
): Outcome {
  const isGivenBack = applied.verdict === 'FAILED' || lost.length > 0;
  return { line, cells: isGivenBack ? cells : NO_CELLS, raw: '', lost, isShort, applied };
}

/** The outcome of a row that could not be read, or was not applied. */
export function failedOutcome({ line, cells, raw }: SourceRow, faults: readonly RowFault[]): Outcome {
  return { line, cells, raw, lost: [], isShort: false, applied: { verdict: 'FAILED', faults, userId: null } };
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
  const logLine = ({ line, cells, lost, applied }: Outcome) => {
    const userId = applied.userId ?? (cells[userIdAt]?.trim() || null);
    const { verdict } = applied;
    if (verdict === 'FAILED') return importLogLine({ line, verdict, userId, id: null, errors: applied.faults });
    return importLogLine({ line, verdict, userId, id: applied.id, errors: lost });
  };
  const log = linesOf();
  const failed = linesOf();
  const failedLines = (outcome: Outcome): readonly (readonly [number, string])[] => {
    const { line, lost, applied } = outcome;
    const errors = applied.verdict === 'FAILED' ? applied.faults : lost;
    return errors.length > 0 ? [[line, failedRows.line(outcome, errors)]] : [];
  };
  return {
    add: (outcomes) => {
      log.add(outcomes.map((outcome) => [outcome.line, logLine(outcome)]));
      failed.add(outcomes.flatMap(failedLines));
    },
    written: () => ({ log: log.bytes(), failed: failed.bytes(), index: { log: log.index, failed: failed.index } }),
  };
}

type About = Pick<Warning, 'code' | 'field' | 'detail'>;

const SHORT_ROW: About = {
  code: 'shortRow',
  field: null,
  detail: 'Rows with fewer cells than the header: the cells that they lack were read as blank.',
};

const badCell = (field: string): About => ({
  code: 'badCell',
  field,
  detail: `Cells of ${field} that it cannot hold were left out. failed-rows.csv holds their rows: correct them and drop it.`,
});

function aboutNote(note: Note): About {
  const { code } = note;
  switch (code) {
    case 'signedUpAtKept':
      return {
        code,
        field: 'signedUpAt',
        detail: 'A user who is known keeps the sign-up time; the one in the file was let go.',
      };
    case 'orderNotKept':
      return {
        code,
        field: null,
        detail: 'A later line changed the same user before this one, through another identifier.',
      };
    case 'unknownId':
      return { code, field: 'id', detail: 'Nobody has this id; the other identifiers decided who is meant.' };
    case 'identifierReplaced':
      return {
        code,
        field: note.field,
        detail: `Users who are known had another ${note.field}, which these rows replaced or cleared.`,
      };
    default:
      return code satisfies never;
  }
}

function aboutRow({ applied, lost, isShort }: Outcome): readonly About[] {
  if (applied.verdict === 'FAILED') return [];
  const cells = lost.flatMap(({ field }) => (field === undefined ? [] : badCell(field)));
  return [...applied.notes.map(aboutNote), ...cells, ...(isShort ? [SHORT_ROW] : [])];
}

/** The warnings about some rows, one for each row and matter. A row that failed has its errors instead. */
export function warningsOf(outcomes: readonly Outcome[]): readonly Warning[] {
  return outcomes.flatMap((outcome) =>
    aboutRow(outcome).map((about) => ({ ...about, count: 1, lines: [outcome.line] })),
  );
}

/** The verdicts of some outcomes. */
export const verdictsOf = (outcomes: readonly Outcome[]): readonly Verdict[] =>
  outcomes.map(({ applied }) => applied.verdict);
