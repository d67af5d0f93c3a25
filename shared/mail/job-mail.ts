import type { Job, JobType } from '../domain/jobs/job.ts';
import type { Message } from './send.ts';

/** A link that a mail carries: the address, the name of the file behind it, and when it ends (ISO). */
export type MailLink = { readonly url: string; readonly name: string; readonly expiresAt: string };

const NOUNS: Readonly<Record<JobType, string>> = {
  'csv-import': 'Import',
  'bulk-download': 'Export',
  'bulk-delete': 'Deletion',
};

/** The end of a job that did not do all of its work, by the fault: ours, or that of rows and users. */
function partialEnd({ type, failure }: Job): string {
  const noun = NOUNS[type];
  if (type !== 'csv-import') return `${noun} finished, some users failed`;
  return failure?.code === 'internal'
    ? `${noun} incomplete through a fault of Roster`
    : `${noun} finished, some rows failed`;
}

/** The end of a job in a few words; the counts say the rest. */
function endOf(job: Job): string {
  const { type, status, failure } = job;
  const noun = NOUNS[type];
  switch (status) {
    case 'succeeded':
      return type === 'bulk-download' ? `${noun} ready` : `${noun} finished`;
    case 'partially-succeeded':
      return partialEnd(job);
    case 'failed':
      return failure?.code === 'internal' ? `${noun} failed through a fault of Roster` : `${noun} failed`;
    case 'cancelled':
      return `${noun} cancelled`;
    case 'awaiting-upload':
    case 'queued':
    case 'running':
    case 'cancelling':
      return `${noun} ${status}`;
    default:
      return status satisfies never;
  }
}

/** `notFound` → `Not found`. */
function labelOf(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `2026-01-31T09:30:00.000Z` → `2026-01-31 09:30 UTC`. */
const minuteOf = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);

const MOST_WARNINGS = 10;

/** The sentences between the heading and the links. */
function remarksOf(job: Job): readonly string[] {
  const { failure, warnings, input } = job;
  const line = failure?.line === undefined ? '' : ` (line ${failure.line})`;
  return [
    ...('fileName' in input ? [`File: ${input.fileName}`] : []),
    ...(failure ? [`${failure.detail}${line} [${failure.code}]`] : []),
    ...warnings.slice(0, MOST_WARNINGS).map(({ code, detail }) => `Note: ${detail} [${code}]`),
  ];
}

const LINK_RULE = 'Whoever has the link can open it until then. It can be revoked in the log of the job.';

/**
 * The message for a job that has ended: what happened, how many, and the links with the time at which they end. It names
 * files and numbers, and no value of a user.
 */
export function jobMail(job: Job, links: readonly MailLink[]): Message {
  const subject = endOf(job);
  const remarks = remarksOf(job);
  const counts = Object.entries(job.counts).map(([name, count]) => [labelOf(name), String(count)] as const);
  const text = [
    `${subject}.`,
    ...remarks,
    counts.map(([label, count]) => `${label}: ${count}`).join('\n'),
    ...links.map(({ url, name, expiresAt }) => `Download ${name} (until ${minuteOf(expiresAt)}):\n${url}`),
    ...(links.length > 0 ? [LINK_RULE] : []),
    `Job ${job.id}`,
  ].join('\n\n');
  const html = [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${subject}</title></head>`,
    `<body style="font:16px/1.5 sans-serif;color:#1a1a1a;max-width:36em"><h1 style="font-size:1.4em">${subject}</h1>`,
    ...remarks.map((remark) => `<p>${escaped(remark)}</p>`),
    '<table style="border-spacing:0">',
    ...counts.map(
      ([label, count]) =>
        `<tr><th scope="row" style="text-align:left;padding-right:1em">${label}</th><td>${count}</td></tr>`,
    ),
    '</table>',
    ...links.map(
      ({ url, name, expiresAt }) =>
        `<p><a href="${escaped(url)}">Download ${escaped(name)}</a> (until ${minuteOf(expiresAt)})</p>`,
    ),
    ...(links.length > 0 ? [`<p>${LINK_RULE}</p>`] : []),
    `<p style="color:#595959">Job ${job.id}</p></body></html>`,
  ].join('\n');
  return { subject: `${subject}: ${summaryOf(job)}`, text, html };
}

/** The one number that matters most, for the subject. */
function summaryOf({ counts, id }: Job): string {
  const some = (count: number, noun: string) => `${count} ${count === 1 ? noun : `${noun}s`}`;
  if ('rows' in counts) return some(counts.rows, 'row');
  if ('users' in counts) return some(counts.users, 'user');
  return 'deleted' in counts ? some(counts.deleted, 'user') : id;
}
