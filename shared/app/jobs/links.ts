import * as jobs from '../../data/jobs/jobs.ts';
import * as links from '../../data/jobs/links.ts';
import { Problem, problemOf } from '../../domain/errors.ts';
import { hasEnded, type StoredJob } from '../../domain/jobs/job.ts';
import { hashOfToken, isExpired, isRevoked, type Link, makeLink } from '../../domain/jobs/link.ts';
import { at, type Bucket } from '../../storage/bucket.ts';

/**
 * Makes a link to a file of a job and stores it.
 *
 * A call that is repeated with the same entropy finds its link. `url` is null when that call began at another time, since
 * the address is shown to one call only.
 *
 * @param apiUrl the public address of the API, without a slash at its end
 */
export async function newLink(
  job: Pick<StoredJob, 'id'>,
  name: string,
  { entropy, now }: { readonly entropy: Uint8Array; readonly now: number },
  apiUrl: string,
): Promise<{ readonly url: string | null; readonly link: Link }> {
  const { token, link } = makeLink({ job: job.id, name }, entropy, now);
  const url = `${apiUrl}/d/${token}`;
  if (await links.create(link)) return { url, link };
  const stored = await links.byHash(link.hash);
  if (!stored) throw new Error('a stored link cannot be read');
  return { url: stored.createdAt === link.createdAt ? url : null, link: stored };
}

/** The key of the object of a download; null when the download has expired or the object was deleted. */
async function keyOf(bucket: Bucket, job: StoredJob, name: string, now: number): Promise<string | null> {
  const index = job.downloads.findIndex((download) => download.name === name);
  const download = job.downloads[index];
  const key = job.files[index];
  if (!download || !key || isExpired(download, now)) return null;
  return (await bucket.head(at(key))) && key;
}

/**
 * The key of a file that a link may be made to.
 *
 * @throws Problem `notFinished`, `unknownReference` for a name that is no download of the job, `gone`
 */
export async function fileOf(bucket: Bucket, job: StoredJob, name: string, now: number): Promise<string> {
  if (!hasEnded(job)) throw new Problem('notFinished', 'The job is not finished. Its files are there when it is.');
  if (!job.downloads.some((download) => download.name === name)) {
    const detail = 'The job has no file of this name; see its downloads.';
    throw problemOf([{ pointer: '/name', code: 'unknownReference', detail }]);
  }
  const key = await keyOf(bucket, job, name, now);
  if (key === null) throw new Problem('gone', 'The file is not kept any more. Run the job again for a new one.');
  return key;
}

/** The file that a token opens, or the reason why it opens none. */
export type Opened =
  | { readonly kind: 'file'; readonly hash: string; readonly key: string }
  | { readonly kind: 'unknown' | 'expired' | 'revoked' | 'fileGone' };

/** Finds the file of a token. */
export async function opened(bucket: Bucket, token: string, now: number): Promise<Opened> {
  const hash = hashOfToken(token);
  const link = hash && (await links.byHash(hash));
  if (!link) return { kind: 'unknown' };
  if (isExpired(link, now)) return { kind: 'expired' };
  const job = await jobs.byId(link.job);
  if (!job) return { kind: 'fileGone' };
  if (isRevoked(link, job)) return { kind: 'revoked' };
  const key = await keyOf(bucket, job, link.name, now);
  return key === null ? { kind: 'fileGone' } : { kind: 'file', hash: link.hash, key };
}
