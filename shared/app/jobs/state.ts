import * as jobs from '../../data/jobs/jobs.ts';
import type { StoredJob } from '../../domain/jobs/job.ts';

/** A job that must be there. */
export async function existingJob(id: string): Promise<StoredJob> {
  const job = await jobs.byId(id);
  if (!job) throw new Error('there is no such job');
  return job;
}

/** The job once it is running, or as it ended. A repeated call finds the time at which the first began. */
export async function runningJob(id: string, now: number): Promise<StoredJob> {
  const job = await existingJob(id);
  if (job.status !== 'queued') return job;
  const begun: StoredJob = { ...job, status: 'running', startedAt: new Date(now).toISOString() };
  return (await jobs.replace(begun, 'queued')) ? begun : runningJob(id, now);
}

/** Writes the end of a job. When its status has changed since it was read, the job is answered as it is now. */
export async function endJob(job: StoredJob, ended: StoredJob): Promise<StoredJob> {
  return (await jobs.replace(ended, job.status)) ? ended : existingJob(job.id);
}
