import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import * as z from 'zod/mini';
import * as jobs from '../../data/jobs/jobs.ts';
import type { Clock } from '../../domain/clock.ts';
import type { CsvRecord } from '../../domain/csv/records.ts';
import { counted, mergedWarnings, NO_ROWS } from '../../domain/imports/counts.ts';
import type { Applied } from '../../domain/imports/decide.ts';
import {
  failedOutcome,
  type Outcome,
  outcomeOf,
  outcomeWriter,
  verdictsOf,
  warningsOf,
} from '../../domain/imports/outcome.ts';
import type { ImportPlan } from '../../domain/imports/plan.ts';
import { type DeferredProgress, PartProgress, type PieceNote } from '../../domain/imports/progress.ts';
import { chainsOf, nextBatch } from '../../domain/imports/repeats.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { apply } from '../users/bulk.ts';
import { stepTimer } from '../workflows/step-timer.ts';
import { putLogs } from './part.ts';
import { type FileRow, type ImportReader, readerOf } from './reader.ts';
import { deferredPart, deferredProgress, planOf } from './work.ts';

/** The most rows that are resolved at once, and of one chain: the mark of a user holds the verdicts of these. */
const MOST = { rows: 500, ofChain: 100 };

/** The most objects that are read at once. */
const AT_ONCE = { concurrency: 16 };

/** The most notes before one note takes their outcomes together. */
const MOST_NOTES = 32;

/** A deferred row, as its part wrote it down. */
const Deferred = z.tuple([z.number(), z.array(z.string())]);

function recordOf(text: string): CsvRecord {
  const [line, cells] = Deferred.parse(JSON.parse(text));
  return { line, cells, nextLine: line, from: 0, to: 0, fault: null, raw: '' };
}

/** The rows that a part deferred, in the order of their lines; none of a part that has left no piece. */
async function deferredIn(bucket: Bucket, job: string, part: number): Promise<readonly CsvRecord[]> {
  const kept = await jobs.part(job, part);
  if (!kept) return [];
  const { pieces } = PartProgress.parse(kept.state);
  const written = pieces.filter(({ deferred }) => deferred > 0);
  const texts = await pMap(written, ({ name }) => bucket.get(workKeys(job).deferred(part, name)), AT_ONCE);
  const lines = texts.flatMap((text) => text?.toString('utf8').split('\n') ?? []);
  return lines.filter((line) => line !== '').map(recordOf);
}

/** A deferred row, its cells, and the chain it belongs to. */
type Link = { readonly row: FileRow; readonly cells: readonly string[]; readonly chain: number };

/** Deferred rows as links of their chains; and those that cannot be read any more, which have failed. */
function read(
  records: readonly CsvRecord[],
  reader: ImportReader,
): { links: readonly Link[]; failed: readonly Outcome[] } {
  const failed: Outcome[] = [];
  const rows: [FileRow, readonly string[]][] = [];
  for (const record of records) {
    const row = reader.read(record);
    if ('faults' in row) failed.push(failedOutcome(record, row.faults));
    else rows.push([row, record.cells]);
  }
  const chains = chainsOf(rows.map(([row]) => row));
  return { links: rows.map(([row, cells], index) => ({ row, cells, chain: chains[index] ?? index })), failed };
}

/** Outcomes by line, as they are noted for the piece that their part will make. */
type Kept = readonly (readonly [number, Applied])[];

/** The outcomes of the batches before this one, as they noted them. */
async function keptOf(bucket: Bucket, job: string, { part, notes }: DeferredProgress): Promise<Map<number, Applied>> {
  const texts = await pMap(notes, (note) => bucket.get(workKeys(job).note(part, note)), AT_ONCE);
  return new Map(texts.flatMap((text): Kept => (text ? JSON.parse(text.toString('utf8')) : [])));
}

type Worker = {
  readonly bucket: Bucket;
  readonly job: string;
  readonly plan: ImportPlan;
  readonly reader: ImportReader;
  readonly clock: Clock;
  readonly hasTime: () => boolean;
  readonly save: (progress: DeferredProgress) => Promise<void>;
};

/** Writes the log of a part's deferred rows. */
async function leavePiece(
  { bucket, job, plan }: Worker,
  part: number,
  outcomes: readonly Outcome[],
): Promise<PieceNote> {
  const name = `deferred-${randomUUID()}`;
  const logs = outcomeWriter(plan);
  logs.add(outcomes);
  const written = logs.written();
  await putLogs(bucket, job, part, name, written);
  const counts = counted(NO_ROWS, verdictsOf(outcomes));
  return { name, counts, log: written.log.length, failed: written.failed.length, deferred: 0 };
}

/** Notes the outcomes of rows. One note holds all that are before it, once these are many. */
async function note(
  { bucket, job, save }: Worker,
  { part, notes, ...progress }: DeferredProgress,
  outcomes: readonly Outcome[],
  kept: Map<number, Applied>,
): Promise<DeferredProgress> {
  for (const { line, applied } of outcomes) kept.set(line, applied);
  const name = randomUUID();
  const isFull = notes.length >= MOST_NOTES;
  const noted: Kept = isFull ? [...kept] : outcomes.map(({ line, applied }) => [line, applied]);
  await bucket.put(workKeys(job).note(part, name), JSON.stringify(noted));
  const next = {
    ...progress,
    part,
    notes: isFull ? [name] : [...notes, name],
    done: progress.done + outcomes.length,
    counts: counted(progress.counts, verdictsOf(outcomes)),
    warnings: mergedWarnings([progress.warnings, warningsOf(outcomes)]),
  };
  await save(next);
  return next;
}

/** Applies the first rows of chains; those that have to wait for others are not in the answer. */
async function applied(batch: readonly Link[], { reader, clock }: Worker): Promise<readonly Outcome[]> {
  const rows = batch.map(({ row }) => row);
  const chains = batch.map(({ chain }) => chain);
  const outcomes = await apply(rows, reader.run, clock.now(), chains);
  return batch.flatMap(({ row, cells }, index): Outcome[] => {
    const one = outcomes[index];
    return one ? [outcomeOf(row, cells, one)] : [];
  });
}

/** Applies the rows that one part deferred, as far as they are not noted yet. Null when time is over. */
async function applyRest(worker: Worker, start: DeferredProgress): Promise<DeferredProgress | null> {
  const { bucket, job, reader, hasTime } = worker;
  const next = { part: start.part + 1, notes: [] };
  const records = await deferredIn(bucket, job, start.part);
  if (records.length === 0) return { ...start, ...next, pieces: [...start.pieces, null] };
  const kept = await keptOf(bucket, job, start);
  const { links, failed } = read(records, reader);
  let rest = links.filter(({ row }) => !kept.has(row.line));
  let progress = start;
  const broken = failed.filter(({ line }) => !kept.has(line));
  if (broken.length > 0) progress = await note(worker, progress, broken, kept);
  while (rest.length > 0) {
    if (progress !== start && !hasTime()) return null;
    progress = await note(worker, progress, await applied(nextBatch(rest, MOST), worker), kept);
    rest = rest.filter(({ row }) => !kept.has(row.line));
  }
  const rowOf = new Map(links.map(({ row }) => [row.line, row]));
  const outcomes = records.flatMap((record): Outcome[] => {
    const one = kept.get(record.line);
    const row = rowOf.get(record.line) ?? { line: record.line, lost: [], isShort: false };
    return one ? [outcomeOf(row, record.cells, one)] : [];
  });
  const piece = await leavePiece(worker, start.part, outcomes);
  return { ...progress, ...next, pieces: [...progress.pieces, piece] };
}

/**
 * Applies the rows that share an identifier with another row of the file, in the order of the file: many chains of such
 * rows at once, and of each chain as many rows at once as one write of their user can hold.
 *
 * It notes every batch before it goes on, so that a batch is only ever repeated when nothing behind it was applied.
 *
 * @returns false when it must be called again
 */
export async function applyRepeats(bucket: Bucket, job: string, clock: Clock): Promise<boolean> {
  const { hasTime } = stepTimer(clock);
  const plan = await planOf(bucket, job);
  const reader = await readerOf(job, plan, clock.now());
  const part = deferredPart(plan);
  const save = (state: DeferredProgress) =>
    jobs.savePart(job, { part, finished: state.part === plan.parts.length, state }, clock.now());
  const worker = { bucket, job, plan, reader, clock, hasTime, save };
  let progress = await deferredProgress(job, plan);
  while (progress.part < plan.parts.length) {
    const next = await applyRest(worker, progress);
    if (!next) return false;
    // A part that left nothing is not worth a write of its own.
    if (next.pieces.at(-1) || next.part === plan.parts.length) await save(next);
    progress = next;
    if (progress.part < plan.parts.length && !hasTime()) {
      await save(progress);
      return false;
    }
  }
  return true;
}
