import { type JobStatus, StoredJob } from '../../domain/jobs/job.ts';
import { JOBS_INDEX, key, PART_PREFIX, partition } from '../keys.ts';
import type { Attributes } from '../table/client.ts';
import { bodyOf, isEntity, stamped } from '../table/items.ts';
import { get, put } from '../table/operations.ts';
import { inPartition, page, pages } from '../table/query.ts';
import { readable } from '../table/readable.ts';

const SECONDS_KEPT = 366 * 86_400;

/** The life of parts, in seconds: no job runs for so long, and the parts of an ended job are not read. */
const PART_LIFE = 30 * 86_400;

function jobItem(job: StoredJob) {
  const expiresAt = Math.floor(Date.parse(job.createdAt) / 1000) + SECONDS_KEPT;
  const listed = { [JOBS_INDEX.partition]: partition.jobs, [JOBS_INDEX.sort]: placeOf(job) };
  return { ...stamped('job', { ...job, ...listed, expiresAt }), ...key.job(job.id) };
}

/** The position of a job in the list of all jobs. */
export const placeOf = ({ createdAt, id }: Pick<StoredJob, 'createdAt' | 'id'>) => `${createdAt}#${id}`;

const readJob = (item: Attributes) => StoredJob.parse(bodyOf(item));

/** Stores a new job. False when a job with this id exists already. */
export function create(job: StoredJob): Promise<boolean> {
  return put(jobItem(job), { expression: 'attribute_not_exists(PK)' });
}

/** The job of this id, as it is now. */
export async function byId(id: string): Promise<StoredJob | null> {
  const item = await get(key.job(id));
  return item && isEntity(item, 'job') ? readJob(item) : null;
}

/**
 * Writes a job over the stored one, on condition that the stored one still has the status that was read. False when it has
 * another one.
 */
export function replace(job: StoredJob, from: JobStatus): Promise<boolean> {
  return put(jobItem(job), {
    expression: '#status = :from',
    names: { '#status': 'status' },
    values: { ':from': from },
  });
}

/** The progress of one part of a job. It is written as a whole, so that a repeated write changes nothing. */
export type PartState = { readonly part: number; readonly finished: boolean; readonly state: Attributes };

/** The condition of a write of a part: a finished part stays, since a late run of it has less. */
const UNFINISHED = {
  expression: 'attribute_not_exists(PK) OR #finished = :no',
  names: { '#finished': 'finished' },
  values: { ':no': false },
};

/** Stores the progress of a part, and its position. `now` is in milliseconds since 1970. */
export async function savePart(job: string, { part, finished, state }: PartState, now: number): Promise<void> {
  const expiresAt = Math.floor(now / 1000) + PART_LIFE;
  await put({ ...stamped('part', { part, finished, state, expiresAt }), ...key.part(job, part) }, UNFINISHED);
}

function readPart(item: Attributes): PartState {
  const state = typeof item.state === 'object' && item.state !== null ? { ...item.state } : {};
  return { part: Number(item.part), finished: item.finished === true, state };
}

/** The progress of a part; null when it has not begun. */
export async function part(job: string, number: number): Promise<PartState | null> {
  const item = await get(key.part(job, number));
  return item && readPart(item);
}

/** All parts of a job that have begun, in order. */
export async function* parts(job: string): AsyncGenerator<PartState> {
  const question = { key: inPartition(partition.job(job), PART_PREFIX), consistent: true };
  for await (const { items } of pages(question)) yield* items.map(readPart);
}

/** A page of all jobs, newest first. The next page begins behind `last`, which is null at the end. */
export type JobPage = { readonly jobs: readonly StoredJob[]; readonly last: string | null };

/** Jobs created between two instants (ISO, both included), newest first; `after` is the `last` of the page before. */
export async function newest(list: {
  readonly from: string;
  readonly to: string;
  readonly after?: string | undefined;
  readonly limit: number;
}): Promise<JobPage> {
  const upper = list.after ?? `${list.to}#~`;
  // DynamoDB refuses a lower bound above the upper one.
  if (upper < list.from) return { jobs: [], last: null };
  const { items, next } = await page({
    index: JOBS_INDEX.name,
    key: {
      expression: `${JOBS_INDEX.partition} = :jobs AND ${JOBS_INDEX.sort} BETWEEN :from AND :to`,
      values: { ':jobs': partition.jobs, ':from': list.from, ':to': upper },
    },
    newestFirst: true,
    limit: list.limit + 1,
  });
  const others = items.filter((item) => item[JOBS_INDEX.sort] !== list.after);
  const examined = others.slice(0, list.limit);
  const last = examined.at(-1);
  const end = others.length <= list.limit && next === undefined;
  return { jobs: readable(examined, readJob), last: end || !last ? null : String(last[JOBS_INDEX.sort]) };
}
