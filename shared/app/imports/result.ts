import pMap from 'p-map';
import * as jobs from '../../data/jobs/jobs.ts';
import { failedRowsWriter } from '../../domain/csv/failed-rows.ts';
import { IMPORT_LOG_START } from '../../domain/csv/logs.ts';
import { recordScanner } from '../../domain/csv/records.ts';
import { counted, mergedWarnings, NO_ROWS, summed } from '../../domain/imports/counts.ts';
import { failedOutcome, NOT_APPLIED, type Outcome, outcomeWriter } from '../../domain/imports/outcome.ts';
import { type ImportPlan, jobFiles } from '../../domain/imports/plan.ts';
import { type DeferredProgress, PartProgress, PieceIndex, type PieceNote } from '../../domain/imports/progress.ts';
import type { ImportCounts, Warning } from '../../domain/jobs/job.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import { attachment, type Bucket } from '../../storage/bucket.ts';
import { join, type Piece } from '../../storage/join.ts';
import { deferredProgress } from './work.ts';

/** The result of an import: its counts, its warnings, and the files that tell of each row. */
export type ImportResult = {
  readonly counts: ImportCounts;
  /** Failed rows with which nothing is wrong: no run of their part applied them. */
  readonly notApplied: number;
  readonly warnings: readonly Warning[];
  readonly files: readonly { readonly name: string; readonly key: string; readonly bytes: number }[];
};

/** The share of one part of the file in the result. */
type PartResult = {
  readonly counts: ImportCounts;
  readonly notApplied: number;
  readonly log: readonly Piece[];
  readonly failed: readonly Piece[];
};

type Result = { readonly bucket: Bucket; readonly job: string; readonly plan: ImportPlan };

const piecesOf = (
  notes: readonly PieceNote[],
  file: 'log' | 'failed',
  keyOf: (name: string) => string,
): readonly Piece[] =>
  notes.flatMap((note): Piece[] => (note[file] > 0 ? [{ key: keyOf(note.name), bytes: note[file] }] : []));

/** Lines of a file with their number in the file that was imported. */
type Lines = [number, Uint8Array][];

/** The lines of one log file in one piece. */
async function linesOf(
  { bucket, job }: Result,
  part: number,
  { name, log: logBytes, failed: failedBytes }: PieceNote,
): Promise<{ readonly log: Lines; readonly failed: Lines }> {
  const files = workKeys(job);
  const [index, log, failed] = await Promise.all([
    bucket.get(files.index(part, name)),
    logBytes > 0 ? bucket.get(files.log(part, name)) : null,
    failedBytes > 0 ? bucket.get(files.failed(part, name)) : null,
  ]);
  const places = PieceIndex.parse(JSON.parse(index?.toString('utf8') ?? '{"log":[],"failed":[]}'));
  return { log: cutUp(log, places.log), failed: cutUp(failed, places.failed) };
}

/** `places` holds lines and lengths by turns. */
function cutUp(bytes: Uint8Array | null, places: readonly number[]): Lines {
  const lines: Lines = [];
  let from = 0;
  for (let at = 0; at + 1 < places.length; at += 2) {
    const to = from + (places[at + 1] ?? 0);
    if (bytes) lines.push([places[at] ?? 0, bytes.subarray(from, to)]);
    from = to;
  }
  return lines;
}

/** The rows of a part that have no verdict: no run of it applied them. */
async function withoutVerdict(
  { bucket, plan }: Result,
  part: number,
  known: ReadonlySet<number>,
): Promise<readonly Outcome[]> {
  const cut = plan.parts[part];
  if (!cut) return [];
  const bytes = await bucket.range(plan.source, plan.offset + cut.from, plan.offset + cut.to);
  const records = recordScanner(plan.delimiter, cut.from, cut.line).push(bytes, true);
  return records
    .filter(({ line }) => !known.has(line))
    .map((record) => failedOutcome(record, [record.fault ?? NOT_APPLIED]));
}

const inOrder = (lines: Lines) => Buffer.concat(lines.sort(([a], [b]) => a - b).map(([, bytes]) => bytes));

/** Puts the pieces of a part, and the rows that it did not come to, into the order of the file. */
async function rewritten(result: Result, part: number, notes: readonly PieceNote[]): Promise<PartResult> {
  const { bucket, job, plan } = result;
  const pieces = await Promise.all(notes.map((note) => linesOf(result, part, note)));
  const log = pieces.flatMap((piece) => piece.log);
  const failed = pieces.flatMap((piece) => piece.failed);
  const missed = await withoutVerdict(result, part, new Set(log.map(([line]) => line)));
  const writer = outcomeWriter(plan);
  writer.add(missed);
  const written = writer.written();
  log.push(...cutUp(written.log, written.index.log));
  failed.push(...cutUp(written.failed, written.index.failed));
  const counts = notes.map((note) => note.counts);
  const files = { log: workKeys(job).log(part, 'all'), failed: workKeys(job).failed(part, 'all') };
  const bodies = { log: inOrder(log), failed: inOrder(failed) };
  const writes = (['log', 'failed'] as const).filter((file) => bodies[file].length > 0);
  await Promise.all(writes.map((file) => bucket.put(files[file], bodies[file])));
  const piece = (file: 'log' | 'failed'): Piece[] =>
    bodies[file].length > 0 ? [{ key: files[file], bytes: bodies[file].length }] : [];
  return {
    counts: counted(
      summed(counts),
      missed.map(() => 'FAILED'),
    ),
    notApplied: missed.filter(({ applied }) => 'faults' in applied && applied.faults.includes(NOT_APPLIED)).length,
    log: piece('log'),
    failed: piece('failed'),
  };
}

/** The result of a part: its pieces as they are, unless rows of it were deferred, or were not applied at all. */
async function partResult(
  result: Result,
  part: number,
  deferred: DeferredProgress,
): Promise<PartResult & { warnings: readonly Warning[] }> {
  const { job, plan } = result;
  const kept = await jobs.part(job, part);
  const progress = kept && PartProgress.parse(kept.state);
  const warnings = progress?.warnings ?? [];
  const afterwards = deferred.pieces[part];
  const notes = [...(progress?.pieces ?? []), ...(afterwards ? [afterwards] : [])];
  const counts = summed(notes.map((note) => note.counts));
  const isWhole = counts.rows === plan.parts[part]?.rows;
  if (!isWhole || afterwards) return { ...(await rewritten(result, part, notes)), warnings };
  const files = workKeys(job);
  return {
    counts,
    notApplied: 0,
    warnings,
    log: piecesOf(notes, 'log', (name) => files.log(part, name)),
    failed: piecesOf(notes, 'failed', (name) => files.failed(part, name)),
  };
}

/** The most parts whose results are read at once: each may hold a few MB. */
const AT_ONCE = { concurrency: 4 };

/**
 * Adds up the counts of the parts of an import, and joins their logs in the order of the file. Rows that no part came to
 * apply are failed rows, and come back in the corrected file like any other.
 *
 * @throws FileLost when rows were not applied, and the file that holds them is not there any more
 */
export async function importResult(bucket: Bucket, job: string, plan: ImportPlan): Promise<ImportResult> {
  const deferred = await deferredProgress(job, plan);
  const numbers = plan.parts.map((_, part) => part);
  const parts = await pMap(numbers, (part) => partResult({ bucket, job, plan }, part, deferred), AT_ONCE);
  const counts = summed(parts.map((part) => part.counts));
  const names = jobFiles(job);
  const written = async (file: 'log' | 'failed', start: string) => {
    const { name, key } = names[file];
    const pieces: Piece[] = [{ body: Buffer.from(start) }, ...parts.flatMap((part) => part[file])];
    const target = { key, contentType: 'text/csv; charset=utf-8', disposition: attachment(name) };
    const joined = await join(bucket, target, pieces);
    return { name, key, bytes: joined.done ? joined.bytes : 0 };
  };
  const log = await written('log', IMPORT_LOG_START);
  const isAnyGivenBack = parts.some((part) => part.failed.length > 0);
  const failed = isAnyGivenBack
    ? [await written('failed', failedRowsWriter(plan.header, plan.failedColumns).start)]
    : [];
  const warnings = mergedWarnings([...parts.map((part) => part.warnings), deferred.warnings]);
  const notApplied = parts.reduce((sum, part) => sum + part.notApplied, 0);
  return { counts: counts.rows === 0 ? NO_ROWS : counts, notApplied, warnings, files: [log, ...failed] };
}
