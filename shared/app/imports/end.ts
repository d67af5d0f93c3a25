import { mergedWarnings } from '../../domain/imports/tally.ts';
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

/** What an import comes to at its end: why it failed as a whole, or what became of its rows, or both. */
export type End = { readonly failure?: Failure | null; readonly result?: ImportResult };

function statusOf({ failure, result }: End): JobStatus {
  if (failure || !result) return 'failed';
  const { failed, rows } = result.counts;
  if (failed === rows) return 'failed';
  return failed > 0 ? 'partially-succeeded' : 'succeeded';
}

/** The job of an import at its end. `now` is in milliseconds since 1970. */
export function endedJob(job: StoredJob, end: End, now: number): StoredJob {
  const { result } = end;
  const status = statusOf(end);
  const expiresAt = new Date(now + DAYS_KEPT.rowLog * DAY).toISOString();
  const files = result?.files ?? [];
  const allFailed = status === 'failed' && !end.failure;
  return {
    ...job,
    status,
    finishedAt: new Date(now).toISOString(),
    failure: end.failure ?? (allFailed ? EVERY_ROW_FAILED : null),
    counts: result?.counts ?? job.counts,
    progress: { ...job.progress, done: result?.counts.rows ?? job.progress.done },
    warnings: mergedWarnings([job.warnings, result?.warnings ?? []]),
    downloads: files.map(({ name, bytes }): Download => ({ name, bytes, expiresAt })),
    files: files.map(({ key }) => key),
  };
}
