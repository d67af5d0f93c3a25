import * as jobs from '../data/jobs/jobs.ts';
import * as links from '../data/jobs/links.ts';
import { Problem, problemOf } from '../domain/errors.ts';
import { hasEnded, type StoredJob } from '../domain/jobs/job.ts';
import { hashOfToken, isExpired, isRevoked, type Link, makeLink } from '../domain/jobs/link.ts';
import { at } from '../storage/bucket.ts';
import { deploymentBucket } from './clients.ts';
import { env } from './env.ts';

/** The address at which a token is opened. */
const urlOf = (token: string) => `${env.apiUrl}/d/${token}`;

/**
 * Makes a link to a file of a job and keeps it.
 *
 * A call that is taken up again with the same entropy finds its link. It may show the address while it is the same call,
 * begun at the same time; a later repeat may not: `url` is null.
 */
export async function newLink(
  job: Pick<StoredJob, 'id'>,
  name: string,
  { entropy, now }: { readonly entropy: Uint8Array; readonly now: number },
): Promise<{ readonly url: string | null; readonly link: Link }> {
  const { token, link } = makeLink({ job: job.id, name }, entropy, now);
  if (await links.create(link)) return { url: urlOf(token), link };
  const there = await links.byHash(link.hash);
  if (!there) throw new Error('a link that is there cannot be read');
  return { url: there.createdAt === link.createdAt ? urlOf(token) : null, link: there };
}

/** The key of an object behind a download of this name; null when its time is over or the object is gone. */
async function keyOf(job: StoredJob, name: string, now: number): Promise<string | null> {
  const index = job.downloads.findIndex((download) => download.name === name);
  const download = job.downloads[index];
  const key = job.files[index];
  if (!download || !key || isExpired(download, now)) return null;
  return (await deploymentBucket().head(at(key))) && key;
}

/**
 * The key of a file that a link may be made to.
 *
 * @throws Problem `notFinished`, `unknownReference` for a name that is no download of the job, `gone`
 */
export async function fileOf(job: StoredJob, name: string, now: number): Promise<string> {
  if (!hasEnded(job)) throw new Problem('notFinished', 'The job is not finished. Its files are there when it is.');
  if (!job.downloads.some((download) => download.name === name)) {
    const detail = 'The job has no file of this name; see its downloads.';
    throw problemOf([{ pointer: '/name', code: 'unknownReference', detail }]);
  }
  const key = await keyOf(job, name, now);
  if (key === null) throw new Problem('gone', 'The file is not kept any more. Run the job again for a new one.');
  return key;
}

/** What a token opens, or why it opens nothing. */
export type Opened =
  | { readonly kind: 'file'; readonly hash: string; readonly key: string }
  | { readonly kind: 'unknown' | 'expired' | 'revoked' | 'fileGone' };

/** Looks behind a link. */
export async function opened(token: string, now: number): Promise<Opened> {
  const hash = hashOfToken(token);
  const link = hash && (await links.byHash(hash));
  if (!link) return { kind: 'unknown' };
  if (isExpired(link, now)) return { kind: 'expired' };
  const job = await jobs.byId(link.job);
  if (!job) return { kind: 'fileGone' };
  if (isRevoked(link, job)) return { kind: 'revoked' };
  const key = await keyOf(job, link.name, now);
  return key === null ? { kind: 'fileGone' } : { kind: 'file', hash: link.hash, key };
}
