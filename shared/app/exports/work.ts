import type * as z from 'zod/mini';
import { ExportPlan } from '../../domain/exports/plan.ts';
import type { Failure } from '../../domain/jobs/job.ts';
import type { Bucket } from '../../storage/bucket.ts';

/** Where an export keeps what it works with; `nonce` keeps apart what two runs of one part write. */
export const workKey = {
  plan: (job: string) => `work/${job}/plan.json`,
  manifest: (job: string) => `work/${job}/manifest.json`,
  join: (job: string) => `work/${job}/join.json`,
  piece: (job: string, part: number, piece: number, nonce: string) =>
    `work/${job}/part-${part}/piece-${String(piece).padStart(5, '0')}-${nonce}`,
} as const;

/** Why an export failed whose segment is not as it was. */
export const TARGET_CHANGED: Failure = {
  code: 'targetChanged',
  detail: 'The rule or the list of the segment was changed while the export ran, or the segment was deleted.',
};

/** The segment of an export is not there any more. The name is the code under which the job fails. */
export class TargetGone extends Error {
  override readonly name = TARGET_CHANGED.code;
}

/** An object of JSON; null when there is none. */
export async function readJson<T>(bucket: Bucket, key: string, schema: z.ZodMiniType<T>): Promise<T | null> {
  const bytes = await bucket.get(key);
  return bytes && schema.parse(JSON.parse(bytes.toString('utf8')));
}

/** Writes an object of JSON. */
export function writeJson(bucket: Bucket, key: string, value: unknown): Promise<void> {
  return bucket.put(key, JSON.stringify(value), { contentType: 'application/json' });
}

/** The plan of an export. */
export async function planOf(bucket: Bucket, job: string): Promise<ExportPlan> {
  const plan = await readJson(bucket, workKey.plan(job), ExportPlan);
  if (!plan) throw new Error('the export has no plan');
  return plan;
}
