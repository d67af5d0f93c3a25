import * as jobs from '../data/jobs.ts';
import { IMPORTS, isFile } from '../domain/import/drop.ts';
import { hasEnded, type StoredJob } from '../domain/job.ts';
import { at, type Listed } from '../storage/bucket.ts';
import { arrived, type Surroundings } from './import-arrive.ts';
import { endedJob } from './import-end.ts';

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

/** Whether a job is about this very object. */
const isAbout = ({ key, etag, storedAt }: Listed, job: StoredJob) =>
  job.source?.key === key && job.source.etag === etag && Date.parse(job.createdAt) >= storedAt - 2_000;

/** Whether an object is one whose job should be there, and is not. */
function isMissed(object: Listed, known: readonly StoredJob[], now: number): boolean {
  const age = now - object.storedAt;
  return age >= YOUNGEST && age <= DROPPED && isFile(object) && !known.some((job) => isAbout(object, job));
}

/** Makes the job of a dropped file of which nobody was told. */
async function found({ key, storedAt }: Listed, around: Surroundings): Promise<readonly StoredJob[]> {
  const head = await around.bucket.head(at(key));
  return oneOf(head && (await arrived({ ...head, sequencer: String(storedAt) }, around)));
}

/** All objects of all pages that were dropped and have no job. */
async function* missed(known: readonly StoredJob[], { bucket, now }: Surroundings): AsyncGenerator<Listed> {
  for await (const page of bucket.list(IMPORTS)) yield* page.filter((one) => isMissed(one, known, now));
}

const isOpen = ({ status }: StoredJob) => status === 'queued' || status === 'running';

/** Whether somebody was not told of a job's end, and should be by now. */
function isUntold({ notify, finishedAt }: StoredJob, now: number): boolean {
  const age = ageOf(finishedAt, now);
  return notify.length > 0 && age >= YOUNGEST && age <= PATIENCE;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Looks for what stands still: files without a job, jobs without a file, jobs that nobody runs, mails that failed. */
export async function standing(around: Surroundings): Promise<Standing> {
  const { now } = around;
  const known = await all(recent(now));
  const old = known.filter((job) => ageOf(job.createdAt, now) > YOUNGEST);
  const waiting = old.filter(({ status }) => status === 'awaiting-upload');
  const moved: StoredJob[] = [];
  const errors: unknown[] = [];
  const look = async (looked: Promise<readonly StoredJob[]>) => {
    await looked.then(
      (jobs) => moved.push(...jobs),
      (error: unknown) => errors.push(error),
    );
  };
  for (const job of waiting) await look(waited(job, around));
  for await (const object of missed(known, around)) await look(found(object, around));
  return {
    open: [...old, ...moved].filter(isOpen),
    untold: [...moved.filter(hasEnded), ...known.filter((job) => hasEnded(job) && isUntold(job, now))],
    errors,
  };
}
