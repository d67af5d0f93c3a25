import { isOutage } from '../../data/table/outage.ts';
import { type Failure, FailureCode, hasEnded, type JobType, type StoredJob } from '../../domain/jobs/job.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { BROKE_OFF, endedJob, lostFile } from '../imports/end.ts';
import { finishImport } from '../imports/finish.ts';
import { endJob, existingJob } from './state.ts';

/** The failure of a job that broke off through a fault of ours. */
const INTERNAL: Readonly<Record<JobType, Failure>> = {
  'csv-import': BROKE_OFF,
  'bulk-download': { code: 'internal', detail: 'Roster failed here. Start the export again.' },
  'bulk-delete': {
    code: 'internal',
    detail: 'Roster failed here. What was deleted stays so; start it again for the rest.',
  },
};

/** The failure of a job whose workflow ended with an error of this name; some names are failure codes. */
function failureNamed(name: string, type: JobType): Failure {
  const { data: code } = FailureCode.safeParse(name);
  return code === 'fileReplaced' || code === 'fileGone' ? lostFile(code) : INTERNAL[type];
}

/**
 * Ends a job whose workflow failed. An import gets its row logs, unless writing these fails as well.
 *
 * @param error the name of the error
 * @returns the ended job
 */
export async function failJob(bucket: Bucket, id: string, error: string, now: number): Promise<StoredJob> {
  const job = await existingJob(id);
  if (hasEnded(job)) return job;
  const failure = failureNamed(error, job.type);
  if (job.type === 'csv-import') {
    const ended = await finishImport(bucket, id, failure, now).catch((thrown: unknown) => {
      if (isOutage(thrown)) throw thrown;
      // The workflow may have failed because of these logs: then the job ends without them.
      return null;
    });
    if (ended) return ended;
  }
  const ended = await endJob(job, endedJob(job, { failure }, now));
  return hasEnded(ended) ? ended : failJob(bucket, id, error, now);
}
