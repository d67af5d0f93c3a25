import * as jobs from '../data/jobs.ts';
import { type CsvRecord, recordScanner } from '../domain/csv/records.ts';
import type { Applied, Row } from '../domain/import/decide.ts';
import { failedRow, type Outcome, outcomeWriter, verdictsOf, warningsOf } from '../domain/import/outcome.ts';
import { type ImportPlan, workFiles } from '../domain/import/plan.ts';
import { begun, PartProgress } from '../domain/import/progress.ts';
import { identifierHash } from '../domain/import/repeats.ts';
import { counted, mergedWarnings, NO_ROWS, summed } from '../domain/import/tally.ts';
import type { Bucket } from '../storage/bucket.ts';
import { apply } from './bulk-users.ts';
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
  const byLine = new Map<number, Applied | undefined>();
  for (const [index, { line }] of rows.entries()) byLine.set(line, applied[index]);
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

/** How many bytes are cut into rows at a time: rows that live briefly cost least. */
const SLICE = 256 * 1024;

/** The rows of some bytes in batches. The bytes begin and end between rows; `at` and `line` are where they begin. */
export function* batchesOf(
  bytes: Uint8Array,
  { delimiter }: Pick<ImportPlan, 'delimiter'>,
  { at, line }: { readonly at: number; readonly line: number },
): Generator<readonly CsvRecord[]> {
  const scanner = recordScanner(delimiter, at, line);
  const waiting: CsvRecord[] = [];
  for (let from = 0; from < bytes.length; from += SLICE) {
    waiting.push(...scanner.push(bytes.subarray(from, from + SLICE), from + SLICE >= bytes.length));
    while (waiting.length >= BATCH) yield waiting.splice(0, BATCH);
  }
  if (waiting.length > 0) yield waiting;
}

/** Applies a batch of rows, but for those that must wait. */
export async function applyBatch(
  records: readonly CsvRecord[],
  reading: Reading,
  repeated: ReadonlySet<number>,
  now: number,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly later: readonly CsvRecord[] }> {
  const { rows, later, outcomes } = sorted(records, reading, repeated);
  return { outcomes: await outcomesOf(records, rows, outcomes, reading, now), later };
}

/** Time as a step is given it: `timeLeft` in milliseconds. */
export type Clock = { readonly now: () => number; readonly timeLeft: () => number };

/** Where a part begins, or goes on. */
function progressOf(kept: jobs.PartState | null, cut: ImportPlan['parts'][number]): PartProgress {
  return kept ? resumed(kept.state) : begun(cut);
}

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
  const progress = progressOf(before, cut);
  const done = await applyRest(bucket, job, part, plan, progress, clock);
  const finished = done.rest === 0;
  const state = await leavePiece(bucket, job, part, plan, progress, done);
  await jobs.savePart(job, { part, finished, state }, clock.now());
  return finished;
}

async function applyRest(
  bucket: Bucket,
  job: string,
  part: number,
  plan: ImportPlan,
  progress: PartProgress,
  clock: Clock,
): Promise<Done & { readonly rest: number }> {
  const reading = await readingOf(job, plan, clock.now());
  const repeated = await repeatedIn(bucket, job);
  const to = plan.parts[part]?.to ?? progress.at;
  const bytes = await bucket.range(plan.source, plan.offset + progress.at, plan.offset + to);
  const done: Done = { outcomes: [], later: [], at: progress.at, line: progress.line };
  for (const batch of batchesOf(bytes, plan, progress)) {
    if (done.at > progress.at) {
      if (clock.timeLeft() < RESERVE) return { ...done, rest: batch.length };
      await jobs.savePart(job, { part, finished: false, state: seen(progress, done) }, clock.now());
    }
    const { outcomes, later } = await applyBatch(batch, reading, repeated, clock.now());
    done.outcomes.push(...outcomes);
    done.later.push(...later);
    done.at = batch.at(-1)?.to ?? done.at;
    done.line = batch.at(-1)?.nextLine ?? done.line;
  }
  return { ...done, rest: 0 };
}
