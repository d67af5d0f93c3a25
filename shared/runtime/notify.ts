import { randomBytes } from 'node:crypto';
import { noteTold } from '../data/jobs/ended-jobs.ts';
import { hasEnded, jobOf, type StoredJob } from '../domain/jobs/job.ts';
import { isAllowedRecipient } from '../domain/recipient.ts';
import { jobMail, type MailLink } from '../mail/job-mail.ts';
import { sendMail } from '../mail/send.ts';
import { ses } from './clients.ts';
import { env } from './env.ts';
import { newLink } from './links.ts';
import { log, traceOf } from './log.ts';

/** Every mail has links of its own, so that its clicks are counted apart. */
async function linksFor(job: StoredJob, now: number): Promise<readonly MailLink[]> {
  const made: MailLink[] = [];
  for (const { name } of job.downloads) {
    const { url, link } = await newLink(job, name, { entropy: randomBytes(32), now });
    if (url !== null) made.push({ url, name, expiresAt: link.expiresAt });
  }
  return made;
}

/** Tells one person. False when the mail could not be sent; the SDK has tried a few times by then. */
async function told(job: StoredJob, address: string, now: number): Promise<boolean> {
  // Settings may have changed since the address was named.
  if (!isAllowedRecipient(address, env.allowedRecipients)) return false;
  try {
    await sendMail(ses(), env.sender, address, jobMail(jobOf(job), await linksFor(job, now)));
    return true;
  } catch (error) {
    log.warn('mail not sent', { job: job.id, ...traceOf(error) });
    return false;
  }
}

/** The job when mails to some could not be sent, and others are still to be told. */
function warned(job: StoredJob, unsent: readonly string[], rest: readonly string[]): StoredJob {
  const warnings = job.warnings.filter(({ code }) => code !== 'mailNotSent');
  const notify = [...unsent, ...rest];
  if (unsent.length === 0) return { ...job, notify, warnings };
  const detail = 'The mail about this job could not be sent. The files are in its log.';
  const warning = { code: 'mailNotSent', field: null, count: unsent.length, lines: [], detail } as const;
  return { ...job, notify, warnings: [...warnings, warning] };
}

/**
 * Mails the end of a job to everybody who is still to be told. Who was reached is taken off the job's `notify`, so that
 * a repeat mails nobody twice but for those in whose mail it died; who was not leaves the warning `mailNotSent`, and the
 * job as done as it was.
 */
export async function notify(job: StoredJob, now: number): Promise<void> {
  if (!hasEnded(job) || job.notify.length === 0) return;
  const unsent: string[] = [];
  for (const [index, address] of job.notify.entries()) {
    if (!(await told(job, address, now))) unsent.push(address);
    await noteTold(warned(job, unsent, job.notify.slice(index + 1)));
  }
}
