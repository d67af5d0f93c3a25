import { apply } from '../data/bulk-users.ts';
import * as jobs from '../data/jobs.ts';
import { type CsvRecord, recordScanner } from '../domain/csv/records.ts';
import type { Row } from '../domain/import/decide.ts';
import { failedRow, type Outcome, outcomeWriter, verdictsOf, warningsOf } from '../domain/import/outcome.ts';
import { type ImportPlan, workFiles } from '../domain/import/plan.ts';
import { begun, PartProgress } from '../domain/import/progress.ts';
import { identifierHash } from '../domain/import/repeats.ts';
import { counted, mergedWarnings, NO_ROWS, summed } from '../domain/import/tally.ts';
import type { Bucket } from '../storage/bucket.ts';
import { plannedRun, type Reading, readingOf, repeatedIn } from './import-run.ts';

/** How many rows are resolved and written at once. */
export const BATCH = 500;

/** A part stops while there is this much of its time left, in milliseconds: enough for the batch at hand and its logs. */
const RESERVE = 300_000;

/** What reading a batch of records comes to: rows to apply now, rows that must wait, and rows that failed. */
type Sorted = { readonly rows: Row[]; readonly later: CsvRecord[]; readonly outcomes: Map<number, Outcome> };

function sorted(records: readonly CsvRecord[], { read }: Reading, repeated: ReadonlySet<number>): Sorted {
  const sorts: Sorted = { rows: [], later: [], outcomes: new Map() };
  const isRepeated = ({ field, value }: { readonly field: string; readonly value: string }) =>
    repeated.has(identifierHash(field, value));
  for (const record of records) {
    const row = read(record);
    if ('faults' in row) {
      sorts.outcomes.set(record.line, { ...record, applied: failedRow(row.faults) });
    } else if (repeated.size > 0 && row.given.some(isRepeated)) sorts.later.push(record);
    else sorts.rows.push(row);
  }
  return sorts;
}

/** Applies rows, and says what became of each beside those that failed before. In the order of the lines. */
export async function outcomesOf(
  records: readonly CsvRecord[],
  rows: readonly Row[],
  known: ReadonlyMap<number, Outcome>,
  { run }: Reading,
  now: number,
): Promise<readonly Outcome[]> {
  const applied = await apply(rows, run, now);
  const byLine = new Map(rows.map((row, index) => [row.line, applied[index]]));
  return records.flatMap((record): Outcome[] => {
    const failed = known.get(record.line);
    if (failed) return [failed];
    const one = byLine.get(record.line);
    return one ? [{ line: record.line, cells: record.cells, applied: one }] : [];
  });
}

/** What a run of a part has done since its last piece. */
type Done = { readonly outcomes: Outcome[]; readonly later: CsvRecord[]; at: number; line: number };

/** Writes a piece, and then notes it: a piece that is not noted is written again. */
async function leavePiece(
  bucket: Bucket,
  job: string,
  part: number,
  plan: ImportPlan,
  before: PartProgress,
  done: Done,
): Promise<PartProgress> {
  const files = workFiles(job);
  const piece = before.pieces.length;
  const { log, failed, index } = outcomeWriter(plan)(done.outcomes);
  const later = done.later.map(({ line, cells }) => `${JSON.stringify([line, cells])}\n`).join('');
  await Promise.all([
    ...(log === '' ? [] : [bucket.put(files.log(part, piece), log)]),
    bucket.put(files.index(part, piece), JSON.stringify(index)),
    ...(failed === '' ? [] : [bucket.put(files.failed(part, piece), failed)]),
    ...(later === '' ? [] : [bucket.put(files.later(part, piece), later)]),
  ]);
  const note = {
    counts: counted(NO_ROWS, verdictsOf(done.outcomes)),
    log: Buffer.byteLength(log),
    failed: Buffer.byteLength(failed),
    later: done.later.length,
  };
  const warnings = mergedWarnings([before.warnings, warningsOf(done.outcomes)]);
  return { ...seen(before, done), warnings, at: done.at, line: done.line, pieces: [...before.pieces, note] };
}

/** The progress that people see while a piece is not written yet. */
function seen(before: PartProgress, { outcomes }: Done): PartProgress {
  const counts = counted(before.counts, verdictsOf(outcomes));
  return { ...before, done: before.done + outcomes.length, counts };
}

/** How far a part has come that may have died: as far as its pieces reach. */
function resumed(state: unknown): PartProgress {
  const progress = PartProgress.parse(state);
  const counts = summed(progress.pieces.map((piece) => piece.counts));
  return { ...progress, counts, done: counts.rows };
}

/** The records of a part that are not dealt with yet. */
async function recordsOf(bucket: Bucket, plan: ImportPlan, to: number, { at, line }: PartProgress) {
  const bytes = await bucket.range(plan.source, plan.offset + at, plan.offset + to);
  return recordScanner(plan.delimiter, at, line).push(bytes, true);
}

/** Time as a step is given it: `timeLeft` in milliseconds. */
export type Clock = { readonly now: () => number; readonly timeLeft: () => number };

/**
 * Applies the rows of one part, batch by batch, but for those that must keep their order with others.
 *
 * It leaves its verdicts as pieces in the bucket, and stops in time to be called again. A part that died is applied again
 * from its last piece on, and comes to the same verdicts.
 *
 * @returns false when it must be called again
 */
export async function applyPart(bucket: Bucket, job: string, part: number, clock: Clock): Promise<boolean> {
  const before = await jobs.part(job, part);
  if (before?.finished) return true;
  const plan = await plannedRun(bucket, job);
  const cut = plan.parts[part];
  if (!cut) throw new Error('the import has no such part');
  const progress = before ? resumed(before.state) : begun(cut);
  const reading = await readingOf(job, plan, clock.now());
  const repeated = await repeatedIn(bucket, job);
  const records = await recordsOf(bucket, plan, cut.to, progress);
  const done: Done = { outcomes: [], later: [], at: progress.at, line: progress.line };
  let next = 0;
  while (next < records.length && (next === 0 || clock.timeLeft() > RESERVE)) {
    const batch = records.slice(next, next + BATCH);
    const { rows, later, outcomes } = sorted(batch, reading, repeated);
    done.outcomes.push(...(await outcomesOf(batch, rows, outcomes, reading, clock.now())));
    done.later.push(...later);
    next += batch.length;
    done.at = batch.at(-1)?.to ?? done.at;
    done.line = batch.at(-1)?.nextLine ?? done.line;
    if (next < records.length) await jobs.savePart(job, { part, finished: false, state: seen(progress, done) });
  }
  const left = await leavePiece(bucket, job, part, plan, progress, done);
  const finished = next >= records.length;
  await jobs.savePart(job, { part, finished, state: left });
  return finished;
}
