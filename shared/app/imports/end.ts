import { mergedWarnings } from '../../domain/imports/counts.ts';
import { DAYS_KEPT, type Download, type Failure, type JobStatus, type StoredJob } from '../../domain/jobs/job.ts';
import { FileLost } from '../../storage/bucket.ts';
import { BadFile } from '../../storage/text.ts';
import type { ImportResult } from './result.ts';

const LOST = {
  fileReplaced: 'Another file was put in its place: drop the right one again.',
  fileGone: 'The file is not there any more: drop it again.',
} as const;

/** The failure of a job whose file is not as it was. */
export const lostFile = (reason: FileLost['reason']): Failure => ({ code: reason, detail: LOST[reason] });

/** Why a file failed, if it is the file that is at fault. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof BadFile) return error.failure;
  if (error instanceof FileLost) return lostFile(error.reason);
  return null;
}

const DAY = 86_400_000;

const EVERY_ROW_FAILED: Failure = {
  code: 'allRowsFailed',
  detail: 'Every row failed. import-log.csv says why, failed-rows.csv holds the rows to correct.',
};

/** The failure of an import that broke off through a fault of ours before anything could be said of its rows. */
export const BROKE_OFF: Failure = {
  code: 'internal',
  detail: 'Roster failed here, and not the file: nothing in it has to be corrected. Drop the file again.',
};

/** The failure of an import of which rows were not applied through a fault of ours. */
function notAppliedFailure({ notApplied, counts }: ImportResult): Failure {
  const rest = counts.failed > notApplied ? ' The other rows in it have errors of their own: correct them first.' : '';
  const detail =
    `Roster failed to apply ${notApplied} of ${counts.rows} rows, and nothing is wrong with them: ` +
    `drop failed-rows.csv again as it is.${rest}`;
  return { code: 'internal', detail };
}

/** The end of an import: why it failed as a whole, or its result, or both. */
export type End = { readonly failure?: Failure | null; readonly result?: ImportResult };

/** The failure of a job at its end. A fault of ours that left no row without a verdict took nothing from the import. */
function failureAt({ failure, result }: End): Failure | null {
  if (failure && failure.code !== 'internal') return failure;
  if (!result) return failure ?? null;
  if (result.notApplied > 0) return notAppliedFailure(result);
  return result.counts.failed === result.counts.rows ? EVERY_ROW_FAILED : null;
}

function statusOf(failure: Failure | null, result: ImportResult | undefined): JobStatus {
  if (!result || (failure && failure.code !== 'internal')) return 'failed';
  const { failed, rows } = result.counts;
  if (failed === rows) return 'failed';
  return failed > 0 ? 'partially-succeeded' : 'succeeded';
}

/** The job of an import at its end. `now` is in milliseconds since 1970. */
export function endedJob(job: StoredJob, end: End, now: number): StoredJob {
  const { result } = end;
  const failure = failureAt(end);
  const expiresAt = new Date(now + DAYS_KEPT.rowLog * DAY).toISOString();
  const files = result?.files ?? [];
  return {
    ...job,
    status: statusOf(failure, result),
    finishedAt: new Date(now).toISOString(),
    failure,
    counts: result?.counts ?? job.counts,
    progress: { ...job.progress, done: result?.counts.rows ?? job.progress.done },
    warnings: mergedWarnings([job.warnings, result?.warnings ?? []]),
    downloads: files.map(({ name, bytes }): Download => ({ name, bytes, expiresAt })),
    files: files.map(({ key }) => key),
  };
}
