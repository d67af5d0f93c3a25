import * as z from 'zod/mini';
import * as jobs from '../data/jobs.ts';
import type { CsvRecord } from '../domain/csv/records.ts';
import type { Applied, Row } from '../domain/import/decide.ts';
import { failedRow, type Outcome, outcomeWriter, verdictsOf, warningsOf } from '../domain/import/outcome.ts';
import { type ImportPlan, workFiles } from '../domain/import/plan.ts';
import { type LaterProgress, PartProgress, type PieceNote } from '../domain/import/progress.ts';
import { wavesOf } from '../domain/import/repeats.ts';
import { counted, mergedWarnings, NO_ROWS } from '../domain/import/tally.ts';
import type { Bucket } from '../storage/bucket.ts';
import { BATCH, type Clock, outcomesOf } from './import-part.ts';
import { laterPart, laterProgress } from './import-progress.ts';
import { plannedRun, type Reading, readingOf } from './import-run.ts';

/** The worker stops while there is this much of its time left, in milliseconds: a batch takes seconds. */
const RESERVE = 120_000;

/** A row that waited, as its part wrote it down. */
const Waiting = z.tuple([z.number(), z.array(z.string())]);

function recordOf(text: string): CsvRecord {
  const [line, cells] = Waiting.parse(JSON.parse(text));
  return { line, cells, nextLine: line, from: 0, to: 0, fault: null };
}

/** The rows that a part left for later, in the order of their lines; none of a part that did not come to its end. */
async function waitingIn(bucket: Bucket, job: string, part: number): Promise<readonly CsvRecord[]> {
  const kept = await jobs.part(job, part);
  if (!kept) return [];
  const { pieces } = PartProgress.parse(kept.state);
  const texts = await Promise.all(
    pieces.map(({ later }, piece) => (later > 0 ? bucket.get(workFiles(job).later(part, piece)) : null)),
  );
  const lines = texts.flatMap((text) => text?.toString('utf8').split('\n') ?? []);
  return lines.filter((line) => line !== '').map(recordOf);
}

/** Rows that can be applied at once, with their cells. */
type Batch = {
  readonly records: readonly CsvRecord[];
  readonly rows: readonly Row[];
  readonly failed: ReadonlyMap<number, Outcome>;
};

/** The same rows always make the same batches, so that the number of a batch is a place to go on from. */
function batchesOf(records: readonly CsvRecord[], { read }: Reading): readonly Batch[] {
  const byLine = new Map(records.map((record) => [record.line, record]));
  const failed = new Map<number, Outcome>();
  const rows: Row[] = [];
  for (const record of records) {
    const row = read(record);
    if ('faults' in row) failed.set(record.line, { ...record, applied: failedRow(row.faults) });
    else rows.push(row);
  }
  const chunks = wavesOf(rows).flatMap((wave) =>
    Array.from({ length: Math.ceil(wave.length / BATCH) }, (_, n) => wave.slice(n * BATCH, n * BATCH + BATCH)),
  );
  const batches = chunks.map((chunk) => ({
    records: chunk.flatMap(({ line }) => byLine.get(line) ?? []),
    rows: chunk,
    failed: new Map<number, Outcome>(),
  }));
  const broken = records.filter(({ line }) => failed.has(line));
  return broken.length > 0 ? [...batches, { records: broken, rows: [], failed }] : batches;
}

/** Outcomes as a batch keeps them for the piece that its part will make: what was applied, by line. */
type Kept = readonly (readonly [number, Applied])[];

/** What the batches before this one came to, as they left it. */
async function keptOf(bucket: Bucket, job: string, { part, batch }: LaterProgress): Promise<Map<number, Applied>> {
  const files = workFiles(job);
  const texts = await Promise.all(Array.from({ length: batch }, (_, n) => bucket.get(files.batch(part, n))));
  return new Map(texts.flatMap((text): Kept => (text ? JSON.parse(text.toString('utf8')) : [])));
}

async function leavePiece(
  bucket: Bucket,
  job: string,
  part: number,
  plan: ImportPlan,
  outcomes: readonly Outcome[],
): Promise<PieceNote> {
  const files = workFiles(job);
  const { log, failed, index } = outcomeWriter(plan)(outcomes);
  await Promise.all([
    bucket.put(files.log(part, 'later'), log),
    ...(failed === '' ? [] : [bucket.put(files.failed(part, 'later'), failed)]),
    bucket.put(files.index(part, 'later'), JSON.stringify(index)),
  ]);
  const counts = counted(NO_ROWS, verdictsOf(outcomes));
  return { counts, log: Buffer.byteLength(log), failed: Buffer.byteLength(failed), later: 0 };
}

type Worker = {
  readonly bucket: Bucket;
  readonly job: string;
  readonly plan: ImportPlan;
  readonly reading: Reading;
  readonly clock: Clock;
  readonly save: (progress: LaterProgress) => Promise<void>;
};

/** Applies what one part left for later, from the batch on that is to come. Null when time is over. */
async function applyRest(worker: Worker, start: LaterProgress): Promise<LaterProgress | null> {
  const { bucket, job, plan, reading, clock, save } = worker;
  const records = await waitingIn(bucket, job, start.part);
  if (records.length === 0) return { ...start, part: start.part + 1, batch: 0, pieces: [...start.pieces, null] };
  const kept = await keptOf(bucket, job, start);
  const batches = batchesOf(records, reading);
  let progress = start;
  for (const [number, batch] of batches.entries()) {
    if (number < start.batch) continue;
    if (number > start.batch && clock.timeLeft() < RESERVE) return null;
    const outcomes = await outcomesOf(batch.records, batch.rows, batch.failed, reading, clock.now());
    for (const { line, applied } of outcomes) kept.set(line, applied);
    const left: Kept = outcomes.map(({ line, applied }) => [line, applied]);
    await bucket.put(workFiles(job).batch(progress.part, number), JSON.stringify(left));
    progress = {
      ...progress,
      batch: number + 1,
      done: progress.done + outcomes.length,
      counts: counted(progress.counts, verdictsOf(outcomes)),
      warnings: mergedWarnings([progress.warnings, warningsOf(outcomes)]),
    };
    await save(progress);
  }
  const outcomes = records.flatMap(({ line, cells }): Outcome[] => {
    const applied = kept.get(line);
    return applied ? [{ line, cells, applied }] : [];
  });
  const piece = await leavePiece(bucket, job, progress.part, plan, outcomes);
  return { ...progress, part: progress.part + 1, batch: 0, pieces: [...progress.pieces, piece] };
}

/**
 * Applies the rows that share an identifier with another row of the file, one after the other as the file has them.
 *
 * It notes every batch before it goes on, so that a batch is only ever repeated when nothing behind it was applied.
 *
 * @returns false when it must be called again
 */
export async function applyLater(bucket: Bucket, job: string, clock: Clock): Promise<boolean> {
  const plan = await plannedRun(bucket, job);
  const reading = await readingOf(job, plan, clock.now());
  const part = laterPart(plan);
  const save = (state: LaterProgress) =>
    jobs.savePart(job, { part, finished: state.part === plan.parts.length, state }, clock.now());
  const worker = { bucket, job, plan, reading, clock, save };
  let progress = await laterProgress(job, plan);
  while (progress.part < plan.parts.length) {
    const next = await applyRest(worker, progress);
    if (!next) return false;
    // A part that left nothing is not worth a write of its own.
    if (next.pieces.at(-1) || next.part === plan.parts.length) await save(next);
    progress = next;
    if (progress.part < plan.parts.length && clock.timeLeft() < RESERVE) {
      await save(progress);
      return false;
    }
  }
  return true;
}
