import * as z from 'zod/mini';
import * as jobs from '../../data/jobs/jobs.ts';
import * as segments from '../../data/segments/segments.ts';
import type { Clock } from '../../domain/clock.ts';
import { type ExportPlan, fileOf, PartProgress, partsOf } from '../../domain/exports/plan.ts';
import { DAYS_KEPT, type StoredJob } from '../../domain/jobs/job.ts';
import { attachment, type Bucket } from '../../storage/bucket.ts';
import { join } from '../../storage/join.ts';
import { encoderOf } from './encode.ts';
import { planOf, readJson, TARGET_CHANGED, workKey, writeJson } from './work.ts';

const JoinState = z.object({
  uploadId: z.string(),
  parts: z.array(z.object({ number: z.number(), etag: z.string() })),
});

/** A join stops with this much of Lambda's fifteen minutes left, in milliseconds. */
const MARGIN = 120_000;
const DAY = 86_400_000;

/** The parts of an export in order. A part that did not come to its end is an error: half an export is none. */
async function partsWritten(job: string, plan: ExportPlan): Promise<readonly PartProgress[]> {
  const written = new Map<number, PartProgress>();
  for await (const { part, finished, state } of jobs.parts(job)) {
    if (finished && partsOf(plan).includes(part)) written.set(part, PartProgress.parse(state));
  }
  return partsOf(plan).map((part) => {
    const progress = written.get(part);
    if (!progress) throw new Error('a part of the export was not written');
    return progress;
  });
}

/** Whether the members that an export has read are those of a version that still answers, so that none was swept away. */
async function stands({ source }: ExportPlan): Promise<boolean> {
  if (source.kind !== 'segment') return true;
  const live = await segments.live(source.segment);
  return live?.kind === 'edges' && live.ruleVersion === source.ruleVersion;
}

/**
 * Joins the pieces of an export into its file and gives the job as it then is; null when the time was over, and it goes on
 * from there with the next call.
 */
export async function joined(bucket: Bucket, job: StoredJob, clock: Clock): Promise<StoredJob | null> {
  const plan = await planOf(bucket, job.id);
  const parts = await partsWritten(job.id, plan);
  const now = clock.now();
  const finishedAt = new Date(now).toISOString();
  if (!(await stands(plan))) return { ...job, status: 'failed', failure: TARGET_CHANGED, finishedAt };
  const { name, contentType } = fileOf(plan.options);
  const key = `jobs/exports/${job.id}/${name}`;
  const pieces = [{ body: encoderOf(plan).start }, ...parts.flatMap((part) => part.pieces)];
  const state = (await readJson(bucket, workKey.join(job.id), JoinState)) ?? undefined;
  const file = { key, contentType, disposition: attachment(name) };
  const result = await join(bucket, file, pieces, { state, hasTime: () => clock.timeLeft() > MARGIN });
  if (!result.done) {
    await writeJson(bucket, workKey.join(job.id), result.state);
    return null;
  }
  const users = parts.reduce((sum, part) => sum + part.counts.users, 0);
  const expiresAt = new Date(now + DAYS_KEPT.export * DAY).toISOString();
  return {
    ...job,
    status: 'succeeded',
    progress: { done: users, total: users },
    counts: { users },
    finishedAt,
    downloads: [{ name, bytes: result.bytes, expiresAt }],
    files: [key],
  };
}
