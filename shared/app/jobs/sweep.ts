import * as jobs from '../../data/jobs/jobs.ts';
import { IMPORTS, isFile } from '../../domain/imports/drop.ts';
import { hasEnded, type StoredJob } from '../../domain/jobs/job.ts';
import { at, type Listed } from '../../storage/bucket.ts';
import { arrived, type Surroundings } from '../imports/arrive.ts';
import { endedJob } from '../imports/end.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The age at which every job has ended: no workflow runs for more than a day. */
const OLDEST = 72 * HOUR;
/** The age at which a file has its job, a job its run, and the end of a job its mail, unless something failed. */
const YOUNGEST = 2 * MINUTE;
/** The age up to which a dropped file without a job gets one. */
const DROPPED = 24 * HOUR;
/** The time that a form waits for its file, and for which a mail that failed is tried again. */
const LONGEST_WAIT = HOUR;

const PAGE = 100;

/** The jobs of the last three days, newest first. */
async function* recent(now: number): AsyncGenerator<StoredJob> {
  const iso = (ms: number) => new Date(ms).toISOString();
  const span = { from: iso(now - OLDEST), to: iso(now), limit: PAGE };
  let after: string | null | undefined;
  while (after !== null) {
    const page = await jobs.newest({ ...span, after });
    yield* page.jobs;
    after = page.last;
  }
}

/** The jobs for which the sweep has something to do. */
export type Standing = {
  /** Queued or running jobs: a run of their workflow must exist. */
  readonly open: readonly StoredJob[];
  /** Ended jobs with recipients who have got no mail. */
  readonly unnotified: readonly StoredJob[];
  /** The errors of files and jobs that could not be read. The sweep does the rest first, and then throws them. */
  readonly errors: readonly unknown[];
};

const oneOf = (job: StoredJob | null) => (job ? [job] : []);

const ageOf = (time: string | null, now: number) => now - Date.parse(time ?? '');

/** Queues a job whose file has arrived without a notification, and ends one whose file has not come in time. */
async function takeUpWaiting(job: StoredJob, around: Surroundings): Promise<readonly StoredJob[]> {
  const { bucket, now } = around;
  if (!('key' in job.input)) return [];
  const head = await bucket.head(at(job.input.key));
  if (head) return oneOf(await arrived({ ...head, sequencer: null }, around));
  if (ageOf(job.createdAt, now) < LONGEST_WAIT) return [];
  const detail = 'No file came within an hour: ask for a new form.';
  const ended = endedJob(job, { failure: { code: 'uploadNotReceived', detail } }, now);
  return (await jobs.replace(ended, job.status)) ? [ended] : [];
}

/** The time of the newest job for each object, by key and ETag. */
type Taken = ReadonlyMap<string, number>;
const bytesAt = ({ key, etag }: Pick<Listed, 'key' | 'etag'>) => `${key}\n${etag}`;

/** True for an object that should have a job and has none. */
function isMissed(object: Listed, taken: Taken, now: number): boolean {
  const age = now - object.storedAt;
  const madeAt = taken.get(bytesAt(object)) ?? Number.NEGATIVE_INFINITY;
  return age >= YOUNGEST && age <= DROPPED && isFile(object) && madeAt < object.storedAt - 2_000;
}

/** Creates the job of a dropped file whose notification was lost. */
async function takeUpFile({ key, storedAt }: Listed, around: Surroundings): Promise<readonly StoredJob[]> {
  const head = await around.bucket.head(at(key));
  return oneOf(head && (await arrived({ ...head, sequencer: String(storedAt) }, around)));
}

/** The dropped objects that have no job. */
async function* missed(taken: Taken, { bucket, now }: Surroundings): AsyncGenerator<Listed> {
  for await (const page of bucket.list(IMPORTS)) yield* page.filter((one) => isMissed(one, taken, now));
}

const isOpen = ({ status }: StoredJob) => status === 'queued' || status === 'running';

/** True when recipients of a job's end should have got a mail by now and have not. */
function isUnnotified({ notify, finishedAt }: StoredJob, now: number): boolean {
  const age = ageOf(finishedAt, now);
  return notify.length > 0 && age >= YOUNGEST && age <= LONGEST_WAIT;
}

/**
 * Reads the jobs of the last three days. Only those that may need work are kept in memory: a job has
 * options of up to 128 KB.
 */
async function readJobs(now: number): Promise<{ readonly taken: Taken; readonly pending: readonly StoredJob[] }> {
  const taken = new Map<string, number>();
  const pending: StoredJob[] = [];
  for await (const job of recent(now)) {
    const { source } = job;
    if (source) {
      const bytes = bytesAt(source);
      taken.set(bytes, Math.max(taken.get(bytes) ?? 0, Date.parse(job.createdAt)));
    }
    if (hasEnded(job) ? isUnnotified(job, now) : ageOf(job.createdAt, now) > YOUNGEST) pending.push(job);
  }
  return { taken, pending };
}

/** Finds files without a job, jobs without a file, jobs without a run, and mails that failed. */
export async function standing(around: Surroundings): Promise<Standing> {
  const { now } = around;
  const { taken, pending } = await readJobs(now);
  const waiting = pending.filter(({ status }) => status === 'awaiting-upload');
  const moved: StoredJob[] = [];
  const errors: unknown[] = [];
  const look = async (looked: Promise<readonly StoredJob[]>) => {
    await looked.then(
      (jobs) => moved.push(...jobs),
      (error: unknown) => errors.push(error),
    );
  };
  for (const job of waiting) await look(takeUpWaiting(job, around));
  for await (const object of missed(taken, around)) await look(takeUpFile(object, around));
  return {
    open: [...pending, ...moved].filter(isOpen),
    unnotified: [...moved.filter(hasEnded), ...pending.filter(hasEnded)],
    errors,
  };
}
