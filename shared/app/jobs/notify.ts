import { randomBytes } from 'node:crypto';
import type { SESClient } from '@aws-sdk/client-ses';
import { saveNotified } from '../../data/jobs/ended-jobs.ts';
import { hasEnded, jobOf, type StoredJob } from '../../domain/jobs/job.ts';
import { isAllowedRecipient } from '../../domain/recipient.ts';
import { jobMail, type MailLink } from '../../mail/job-mail.ts';
import { sendMail } from '../../mail/send.ts';
import { newLink } from './links.ts';

/** The mail service and the settings of the deployment. `onError` is called with the error of a mail that was not sent. */
export type Mailing = {
  readonly client: SESClient;
  readonly sender: string;
  readonly allowedRecipients: readonly string[];
  /** The public address of the API, without a slash at its end. */
  readonly apiUrl: string;
  readonly onError: (job: string, error: unknown) => void;
};

/** Every mail has links of its own, so that its clicks are counted apart. */
async function linksFor(job: StoredJob, { apiUrl }: Mailing, now: number): Promise<readonly MailLink[]> {
  const made: MailLink[] = [];
  for (const { name } of job.downloads) {
    const { url, link } = await newLink(job, name, { entropy: randomBytes(32), now }, apiUrl);
    if (url !== null) made.push({ url, name, expiresAt: link.expiresAt });
  }
  return made;
}

/** Notifies one person. False when the mail could not be sent, after the attempts of the SDK. */
async function notified(job: StoredJob, address: string, mailing: Mailing, now: number): Promise<boolean> {
  // Settings may have changed since the address was named.
  if (!isAllowedRecipient(address, mailing.allowedRecipients)) return false;
  try {
    const links = await linksFor(job, mailing, now);
    await sendMail(mailing.client, mailing.sender, address, jobMail(jobOf(job), links));
    return true;
  } catch (error) {
    mailing.onError(job.id, error);
    return false;
  }
}

/** The job with the addresses that are still to be notified, and a warning about mails that could not be sent. */
function warned(job: StoredJob, unsent: readonly string[], rest: readonly string[]): StoredJob {
  const warnings = job.warnings.filter(({ code }) => code !== 'mailNotSent');
  const notify = [...unsent, ...rest];
  if (unsent.length === 0) return { ...job, notify, warnings };
  const detail = 'The mail about this job could not be sent. The files are in its log.';
  const warning = { code: 'mailNotSent', field: null, count: unsent.length, lines: [], detail } as const;
  return { ...job, notify, warnings: [...warnings, warning] };
}

/**
 * Mails the end of a job to every address in its `notify`. An address is taken off the list when its mail was sent, so
 * that a repeated call sends it no second mail, unless the first call ended between the two. A mail that could not be sent
 * leaves the warning `mailNotSent`, and the outcome of the job as it was.
 */
export async function notify(job: StoredJob, mailing: Mailing, now: number): Promise<void> {
  if (!hasEnded(job) || job.notify.length === 0) return;
  const unsent: string[] = [];
  for (const [index, address] of job.notify.entries()) {
    if (!(await notified(job, address, mailing, now))) unsent.push(address);
    await saveNotified(warned(job, unsent, job.notify.slice(index + 1)));
  }
}
