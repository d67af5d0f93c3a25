import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import * as jobs from '../../data/jobs/jobs.ts';
import type { Clock } from '../../domain/clock.ts';
import { type CsvRecord, recordScanner } from '../../domain/csv/records.ts';
import { counted, mergedWarnings, NO_ROWS, summed } from '../../domain/imports/counts.ts';
import {
  failedOutcome,
  type Outcome,
  type OutcomeWriter,
  outcomeOf,
  outcomeWriter,
  type RowLogs,
  verdictsOf,
  warningsOf,
} from '../../domain/imports/outcome.ts';
import type { ImportPlan } from '../../domain/imports/plan.ts';
import { begun, PartProgress } from '../../domain/imports/progress.ts';
import { identifierHash } from '../../domain/imports/repeats.ts';
import type { ImportCounts, Warning } from '../../domain/jobs/job.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { apply } from '../users/bulk.ts';
import { type PartOfJob, stepTimer } from '../workflows/step-timer.ts';
import { type FileRow, type ImportReader, readerOf, repeatedIn } from './reader.ts';
import { planOf } from './work.ts';

/*
 * The objects of a batch are garbage when the batch ends. When V8 sees that a whole batch survives one collection, it
 * allocates such objects among the long-lived ones from then on, where they are collected late: an import takes a third
 * more time and several times the memory.
 */
setFlagsFromString('--no-allocation-site-pretenuring');

/** The number of rows that are resolved and written at once. */
const BATCH = 500;

/** A batch of records once it is read: rows to apply, records that are deferred, and outcomes of rows that failed. */
type Sorted = { readonly rows: FileRow[]; readonly deferred: CsvRecord[]; readonly outcomes: Map<number, Outcome> };

function sorted(records: readonly CsvRecord[], { read }: ImportReader, repeated: ReadonlySet<number>): Sorted {
  const sorts: Sorted = { rows: [], deferred: [], outcomes: new Map() };
  const isRepeated = ({ field, value }: { readonly field: string; readonly value: string }) =>
    repeated.has(identifierHash(field, value));
  for (const record of records) {
    const row = read(record);
    if ('faults' in row) {
      sorts.outcomes.set(record.line, failedOutcome(record, row.faults));
    } else if (repeated.size > 0 && row.given.some(isRepeated)) sorts.deferred.push(record);
    else sorts.rows.push(row);
  }
  return sorts;
}

/** Applies rows; answers their outcomes beside those of rows that failed before, in the order of the lines. */
async function outcomesOf(
  records: readonly CsvRecord[],
  rows: readonly FileRow[],
  known: ReadonlyMap<number, Outcome>,
  { run }: ImportReader,
  now: number,
): Promise<readonly Outcome[]> {
  const applied = await apply(rows, run, now);
  const outcomes: Outcome[] = [];
  let next = 0;
  for (const { line, cells } of records) {
    const failed = known.get(line);
    if (failed) outcomes.push(failed);
    const row = rows[next];
    if (row?.line !== line) continue;
    const one = applied[next];
    next += 1;
    if (one) outcomes.push(outcomeOf(row, cells, one));
  }
  return outcomes;
}

/** The work of a run of a part since its last piece. */
type Done = {
  readonly logs: OutcomeWriter;
  readonly deferred: string[];
  readonly counts: ImportCounts;
  readonly warnings: readonly Warning[];
  readonly at: number;
  readonly line: number;
};

function doneAfter(done: Done, outcomes: readonly Outcome[], deferred: readonly CsvRecord[], last: CsvRecord): Done {
  done.logs.add(outcomes);
  for (const { line, cells } of deferred) done.deferred.push(`${JSON.stringify([line, cells])}\n`);
  return {
    ...done,
    counts: counted(done.counts, verdictsOf(outcomes)),
    warnings: mergedWarnings([done.warnings, warningsOf(outcomes)]),
    at: last.to,
    line: last.nextLine,
  };
}

/** Writes the logs of a piece, each where there is something to say. */
export async function putLogs(bucket: Bucket, job: string, part: number, name: string, written: RowLogs) {
  const files = workKeys(job);
  await Promise.all([
    ...(written.log.length > 0 ? [bucket.put(files.log(part, name), written.log)] : []),
    ...(written.failed.length > 0 ? [bucket.put(files.failed(part, name), written.failed)] : []),
    bucket.put(files.index(part, name), JSON.stringify(written.index)),
  ]);
}

/** Writes a piece, and then notes it: a piece that is not noted is written again, under another name. */
async function leavePiece(
  bucket: Bucket,
  job: string,
  part: number,
  before: PartProgress,
  done: Done,
): Promise<PartProgress> {
  const name = `${before.pieces.length}-${randomUUID()}`;
  const written = done.logs.written();
  if (done.deferred.length > 0) await bucket.put(workKeys(job).deferred(part, name), done.deferred.join(''));
  await putLogs(bucket, job, part, name, written);
  const { counts } = done;
  const note = { name, counts, log: written.log.length, failed: written.failed.length, deferred: done.deferred.length };
  const warnings = mergedWarnings([before.warnings, done.warnings]);
  return { ...seen(before, done), warnings, at: done.at, line: done.line, pieces: [...before.pieces, note] };
}

/** The progress that people see while a piece is not written yet. */
function seen(before: PartProgress, done: Done): PartProgress {
  const counts = summed([before.counts, done.counts]);
  return { ...before, done: before.done + done.counts.rows, counts };
}

/** The progress of a part whose last run may have died: it ends with the last piece. */
function resumed(state: unknown): PartProgress {
  const progress = PartProgress.parse(state);
  const counts = summed(progress.pieces.map((piece) => piece.counts));
  return { ...progress, counts, done: counts.rows };
}

/** The number of bytes that are cut into rows at once: rows that are garbage soon cost least. */
const SLICE = 64 * 1024;

/** The rows of some bytes in batches. The bytes begin and end between rows; `at` and `line` are where they begin. */
export function* batchesOf(
  bytes: Uint8Array,
  { delimiter }: Pick<ImportPlan, 'delimiter'>,
  { at, line }: { readonly at: number; readonly line: number },
): Generator<readonly CsvRecord[]> {
  const scanner = recordScanner(delimiter, at, line);
  let waiting: readonly CsvRecord[] = [];
  for (let from = 0; from < bytes.length; from += SLICE) {
    const isLast = from + SLICE >= bytes.length;
    waiting = waiting.concat(scanner.push(bytes.subarray(from, from + SLICE), isLast));
    while (waiting.length >= BATCH || (isLast && waiting.length > 0)) {
      yield waiting.slice(0, BATCH);
      waiting = waiting.slice(BATCH);
    }
  }
}

/** Applies a batch of rows, but for those that share an identifier with others of the file: these are deferred. */
export async function applyBatch(
  records: readonly CsvRecord[],
  reader: ImportReader,
  repeated: ReadonlySet<number>,
  now: number,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly deferred: readonly CsvRecord[] }> {
  const { rows, deferred, outcomes } = sorted(records, reader, repeated);
  return { outcomes: await outcomesOf(records, rows, outcomes, reader, now), deferred };
}

/** The progress from which a part begins or goes on. */
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
export async function applyPart(bucket: Bucket, { job, part }: PartOfJob, clock: Clock): Promise<boolean> {
  const before = await jobs.part(job, part);
  if (before?.finished) return true;
  const plan = await planOf(bucket, job);
  const cut = plan.parts[part];
  if (!cut) throw new Error('the import has no such part');
  const progress = progressOf(before, cut);
  const { done, finished } = await applyRest({ bucket, job, part, plan, to: cut.to, clock }, progress);
  const state = await leavePiece(bucket, job, part, progress, done);
  await jobs.savePart(job, { part, finished, state }, clock.now());
  return finished;
}

/** A run of a part, which ends at byte `to` of the text. */
type PartRun = PartOfJob & {
  readonly bucket: Bucket;
  readonly plan: ImportPlan;
  readonly to: number;
  readonly clock: Clock;
};

async function applyRest(
  { bucket, job, part, plan, to, clock }: PartRun,
  progress: PartProgress,
): Promise<{ readonly done: Done; readonly finished: boolean }> {
  const timer = stepTimer(clock);
  const reader = await readerOf(job, plan, clock.now());
  const repeated = await repeatedIn(bucket, job);
  const bytes = await bucket.range(plan.source, plan.offset + progress.at, plan.offset + to);
  const { at, line } = progress;
  let done: Done = { logs: outcomeWriter(plan), deferred: [], counts: NO_ROWS, warnings: [], at, line };
  for (const batch of batchesOf(bytes, plan, progress)) {
    const last = batch.at(-1);
    if (!last) continue;
    if (done.at > progress.at) {
      if (!timer.hasTime()) return { done, finished: false };
      await jobs.savePart(job, { part, finished: false, state: seen(progress, done) }, clock.now());
    }
    const { outcomes, deferred } = await applyBatch(batch, reader, repeated, clock.now());
    done = doneAfter(done, outcomes, deferred, last);
  }
  return { done, finished: true };
}
