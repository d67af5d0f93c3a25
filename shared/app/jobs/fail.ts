import * as jobs from '../../data/jobs/jobs.ts';
import { isOutage } from '../../data/table/outage.ts';
import { type Failure, FailureCode, hasEnded, type JobType, type StoredJob } from '../../domain/jobs/job.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { TARGET_CHANGED } from '../exports/work.ts';
import { BROKE_OFF, endedJob, lostFile } from '../imports/end.ts';
import { finishImport } from '../imports/finish.ts';

const INTERNAL: Readonly<Record<JobType, Failure>> = {
  'csv-import': BROKE_OFF,
  'bulk-download': { code: 'internal', detail: 'Roster failed here. Start the export again.' },
  'bulk-delete': {
    code: 'internal',
    detail: 'Roster failed here. What was deleted stays so; start it again for the rest.',
  },
};

/** The failure of a job whose workflow ended with an error of this name: some names are codes. */
function failureNamed(name: string, type: JobType): Failure {
  const { data: code } = FailureCode.safeParse(name);
  if (code === TARGET_CHANGED.code) return TARGET_CHANGED;
  return code === 'fileReplaced' || code === 'fileGone' ? lostFile(code) : INTERNAL[type];
}

/** Ends a job without a look at what it has done. */
async function cutOff(job: StoredJob, failure: Failure, now: number): Promise<StoredJob | null> {
  const ended = endedJob(job, { failure }, now);
  return (await jobs.replace(ended, job.status)) ? ended : null;
}

/**
 * Ends a job whose workflow broke off. An import says what became of every row, if that can still be told.
 *
 * @param error the name of the error
 * @returns the ended job
 */
export async function failJob(bucket: Bucket, id: string, error: string, now: number): Promise<StoredJob> {
  const job = await jobs.byId(id);
  if (!job) throw new Error('there is no such job');
  if (hasEnded(job)) return job;
  const failure = failureNamed(error, job.type);
  if (job.type === 'csv-import') {
    const ended = await finishImport(bucket, id, failure, now).catch((thrown: unknown) => {
      if (isOutage(thrown)) throw thrown;
      // Adding up may be what failed: then the job ends without its logs rather than not at all.
      return null;
    });
    if (ended) return ended;
  }
  return (await cutOff(job, failure, now)) ?? failJob(bucket, id, error, now);
}
