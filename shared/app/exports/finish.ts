import * as z from 'zod/mini';
import * as jobs from '../../data/jobs/jobs.ts';
import * as segments from '../../data/segments/segments.ts';
import type { Clock } from '../../domain/clock.ts';
import { type ExportPlan, fileOf, PartProgress, partsOf } from '../../domain/exports/plan.ts';
import { DAYS_KEPT, hasEnded, type StoredJob } from '../../domain/jobs/job.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import { attachment, type Bucket } from '../../storage/bucket.ts';
import { join } from '../../storage/join.ts';
import { readJson, writeJson } from '../../storage/json.ts';
import { endJob, existingJob } from '../jobs/state.ts';
import { encoderOf } from './encode.ts';
import { failedExport, planOf, TARGET_CHANGED } from './work.ts';

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

/** True when the members that an export has read are those of a version that still answers, so that none was swept away. */
async function stands({ source }: ExportPlan): Promise<boolean> {
  if (source.kind !== 'segment') return true;
  const live = await segments.live(source.segment);
  return live?.kind === 'edges' && live.ruleVersion === source.ruleVersion;
}

/** Joins the pieces of an export into its file; the job as it then is, or null when the time was over. */
async function joined(bucket: Bucket, job: StoredJob, { now, timeLeft }: Clock): Promise<StoredJob | null> {
  const plan = await planOf(bucket, job.id);
  const parts = await partsWritten(job.id, plan);
  if (!(await stands(plan))) return failedExport(job, TARGET_CHANGED, now());
  const { name, contentType } = fileOf(plan.options);
  const key = `jobs/exports/${job.id}/${name}`;
  const pieces = [{ body: encoderOf(plan).start }, ...parts.flatMap((part) => part.pieces)];
  const keys = workKeys(job.id);
  const state = (await readJson(bucket, keys.join, JoinState)) ?? undefined;
  const file = { key, contentType, disposition: attachment(name) };
  const result = await join(bucket, file, pieces, { state, hasTime: () => timeLeft() > MARGIN });
  if (!result.done) {
    await writeJson(bucket, keys.join, result.state);
    return null;
  }
  const users = parts.reduce((sum, part) => sum + part.counts.users, 0);
  const expiresAt = new Date(now() + DAYS_KEPT.export * DAY).toISOString();
  return {
    ...job,
    status: 'succeeded',
    progress: { done: users, total: users },
    counts: { users },
    finishedAt: new Date(now()).toISOString(),
    downloads: [{ name, bytes: result.bytes, expiresAt }],
    files: [key],
  };
}

/**
 * Ends an export: joins its pieces into one file.
 *
 * @returns the ended job; null when it must be called again, since its time was over
 */
export async function finishExport(bucket: Bucket, id: string, clock: Clock): Promise<StoredJob | null> {
  const job = await existingJob(id);
  if (hasEnded(job)) return job;
  const joint = await joined(bucket, job, clock);
  if (!joint) return null;
  const ended = await endJob(job, joint);
  return hasEnded(ended) ? ended : finishExport(bucket, id, clock);
}
