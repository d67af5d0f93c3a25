import * as jobs from '../../data/jobs/jobs.ts';
import { IMPORTS, isFile } from '../../domain/imports/drop.ts';
import { hasEnded, type StoredJob } from '../../domain/jobs/job.ts';
import { at, type Listed } from '../../storage/bucket.ts';
import { arrived, type Surroundings } from '../imports/arrive.ts';
import { endedJob } from '../imports/end.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Jobs older than this have ended: no workflow runs for more than a day. */
const OLDEST = 72 * HOUR;
/** What is younger than this may be under way by itself. */
const YOUNGEST = 5 * MINUTE;
/** Dropped files are looked after for this long. */
const DROPPED = 24 * HOUR;
/** How long a form's file is waited for, and how long a mail that failed is tried again. */
const PATIENCE = HOUR;

const PAGE = 100;

/** The jobs of the last days, newest first. */
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

/** What the sweeper is to do about the jobs that are there. */
export type Standing = {
  /** Queued or running: their workflow must be there. */
  readonly open: readonly StoredJob[];
  /** Ended, with somebody who has not been told. */
  readonly untold: readonly StoredJob[];
  /** What came of things that could not be looked at: they hold up nothing else, and are told of at the end. */
  readonly errors: readonly unknown[];
};

const oneOf = (job: StoredJob | null) => (job ? [job] : []);

const ageOf = (time: string | null, now: number) => now - Date.parse(time ?? '');

/** A job that waited for its file: queued when the file is there after all, ended when nobody sent one in time. */
async function waited(job: StoredJob, around: Surroundings): Promise<readonly StoredJob[]> {
  const { bucket, now } = around;
  if (!('key' in job.input)) return [];
  const head = await bucket.head(at(job.input.key));
  if (head) return oneOf(await arrived({ ...head, sequencer: null }, around));
  if (ageOf(job.createdAt, now) < PATIENCE) return [];
  const detail = 'No file came within an hour: ask for a new form.';
  const ended = endedJob(job, { failure: { code: 'uploadNotReceived', detail } }, now);
  return (await jobs.replace(ended, job.status)) ? [ended] : [];
}

/** The bytes that a job is about, by their key and ETag, and when their newest job was made. */
type Taken = ReadonlyMap<string, number>;
const bytesAt = ({ key, etag }: Pick<Listed, 'key' | 'etag'>) => `${key}\n${etag}`;

/** Whether an object is one whose job should be there, and is not. */
function isMissed(object: Listed, taken: Taken, now: number): boolean {
  const age = now - object.storedAt;
  const madeAt = taken.get(bytesAt(object)) ?? Number.NEGATIVE_INFINITY;
  return age >= YOUNGEST && age <= DROPPED && isFile(object) && madeAt < object.storedAt - 2_000;
}

/** Makes the job of a dropped file of which nobody was told. */
async function found({ key, storedAt }: Listed, around: Surroundings): Promise<readonly StoredJob[]> {
  const head = await around.bucket.head(at(key));
  return oneOf(head && (await arrived({ ...head, sequencer: String(storedAt) }, around)));
}

/** All objects of all pages that were dropped and have no job. */
async function* missed(taken: Taken, { bucket, now }: Surroundings): AsyncGenerator<Listed> {
  for await (const page of bucket.list(IMPORTS)) yield* page.filter((one) => isMissed(one, taken, now));
}

const isOpen = ({ status }: StoredJob) => status === 'queued' || status === 'running';

/** Whether somebody was not told of a job's end, and should be by now. */
function isUntold({ notify, finishedAt }: StoredJob, now: number): boolean {
  const age = ageOf(finishedAt, now);
  return notify.length > 0 && age >= YOUNGEST && age <= PATIENCE;
}

/**
 * What the jobs of the last days are about, and those of them for which there may be something to do: the others, with
 * options of up to 128 KB each, are not held.
 */
async function known(now: number): Promise<{ readonly taken: Taken; readonly pending: readonly StoredJob[] }> {
  const taken = new Map<string, number>();
  const pending: StoredJob[] = [];
  for await (const job of recent(now)) {
    const { source } = job;
    if (source) {
      const bytes = bytesAt(source);
      taken.set(bytes, Math.max(taken.get(bytes) ?? 0, Date.parse(job.createdAt)));
    }
    if (hasEnded(job) ? isUntold(job, now) : ageOf(job.createdAt, now) > YOUNGEST) pending.push(job);
  }
  return { taken, pending };
}

/** Looks for what stands still: files without a job, jobs without a file, jobs that nobody runs, mails that failed. */
export async function standing(around: Surroundings): Promise<Standing> {
  const { now } = around;
  const { taken, pending } = await known(now);
  const waiting = pending.filter(({ status }) => status === 'awaiting-upload');
  const moved: StoredJob[] = [];
  const errors: unknown[] = [];
  const look = async (looked: Promise<readonly StoredJob[]>) => {
    await looked.then(
      (jobs) => moved.push(...jobs),
      (error: unknown) => errors.push(error),
    );
  };
  for (const job of waiting) await look(waited(job, around));
  for await (const object of missed(taken, around)) await look(found(object, around));
  return {
    open: [...pending, ...moved].filter(isOpen),
    untold: [...moved.filter(hasEnded), ...pending.filter(hasEnded)],
    errors,
  };
}
