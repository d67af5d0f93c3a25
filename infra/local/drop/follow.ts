import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { CannotStart } from '../process/cannot-start.ts';
import type { Local } from './arguments.ts';

const Warning = z.object({ code: z.string(), field: z.nullable(z.string()), count: z.number(), detail: z.string() });

const Job = z.object({
  id: z.string(),
  status: z.string(),
  input: z.object({ key: z.string() }),
  progress: z.object({ done: z.number(), total: z.nullable(z.number()) }),
  counts: z.record(z.string(), z.number()),
  warnings: z.array(Warning),
  failure: z.nullable(z.object({ code: z.string(), detail: z.string(), line: z.optional(z.number()) })),
  createdAt: z.string(),
  finishedAt: z.nullable(z.string()),
  downloads: z.array(z.object({ name: z.string() })),
});

/** The job of an import as the API shows it, as far as a drop reads it. */
export type Job = z.infer<typeof Job>;

const Jobs = z.object({ data: z.array(z.unknown()) });
const Link = z.object({ url: z.string() });

const EVERY_MS = 250;

/** The time after which a drop without a job is given up, in milliseconds. */
const LATEST_START_MS = 60_000;

async function call(local: Local, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${local.api}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${local.key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (response.status === 401) {
    throw new CannotStart('The file was dropped. Its import cannot be followed: the first key was revoked.');
  }
  if (!response.ok) throw new CannotStart(`The file was dropped. ${path} answered ${response.status}.`);
  return response.json();
}

async function jobOf(local: Local, key: string, since: string): Promise<Job | null> {
  const { data } = z.parse(Jobs, await call(local, `/v1/logs?type=csv-import&from=${since}`));
  for (const one of data) {
    const { success, data: job } = z.safeParse(Job, one);
    if (success && job.input.key === key) return job;
  }
  return null;
}

/**
 * Follows the import of a key that was dropped at an instant (ISO) until it ends.
 *
 * @param seen is given the job each time it was read
 * @throws CannotStart when no job begins, or the API does not answer
 */
export async function follow(local: Local, key: string, since: string, seen: (job: Job) => void): Promise<Job> {
  const latestStart = Date.parse(since) + LATEST_START_MS;
  for (;;) {
    const job = await jobOf(local, key, since);
    if (job) seen(job);
    if (job?.finishedAt) return job;
    if (!job && Date.now() > latestStart) {
      throw new CannotStart('The file was dropped, and no import has begun. Is the stack running?');
    }
    await sleep(EVERY_MS);
  }
}

/** Makes a link to a file of a job that has ended. */
export async function linkTo(local: Local, job: Job, name: string): Promise<string> {
  return z.parse(Link, await call(local, `/v1/logs/${job.id}/links`, { name })).url;
}
