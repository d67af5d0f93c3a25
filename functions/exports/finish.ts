import * as z from 'zod/mini';
import { joined } from '../../shared/app/exports/finish.ts';
import { notify } from '../../shared/app/jobs/notify.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import { hasEnded } from '../../shared/domain/jobs/job.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { mailing } from '../../shared/runtime/mailing.ts';
import { step } from '../../shared/runtime/step.ts';

/** Joins the pieces into one file, ends the job and mails its end. */
export const handler = step(z.object({ job: z.string() }), async ({ job: id }, clock) => {
  const job = await jobs.byId(id);
  if (!job) throw new Error('there is no such job');
  const ended = hasEnded(job) ? job : await joined(deploymentBucket(), job, clock);
  if (!ended) return { done: false };
  // A job that was ended by another call meanwhile was mailed by that call.
  if (hasEnded(job) || (await jobs.replace(ended, job.status))) await notify(ended, mailing(), clock.now());
  return { done: true };
});
