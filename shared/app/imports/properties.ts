import * as schemas from '../../data/schema.ts';
import { AGAIN, retrying } from '../../data/table/retrying.ts';
import type { NewProperty } from '../../domain/csv/columns.ts';
import { failed } from '../../domain/csv/failure.ts';
import { Problem } from '../../domain/errors.ts';
import { ColumnNote, type ImportPlan } from '../../domain/imports/plan.ts';
import type { StoredJob } from '../../domain/jobs/job.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import { declared, type Schema } from '../../domain/properties/property.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { readJson } from '../../storage/json.ts';
import { BadFile } from '../../storage/text.ts';
import { segmentsUsing } from '../properties/use.ts';

/** The most properties that one transaction declares. */
const AT_ONCE = 90;

/** The name of a job in the properties that it declares. */
const callOf = (job: string) => Buffer.from(job);

/** Declares some properties; of one that somebody else declared first, the next look at the schema tells. */
async function declareSome(some: readonly NewProperty[], job: string, now: number): Promise<void> {
  const properties = some.map(({ key, label, type }) => declared({ key, label, type }, now));
  await schemas.declare(properties, 'user', callOf(job)).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'exists') return;
    if (error instanceof Problem && error.code === 'limitReached') {
      throw new BadFile(failed('tooManyProperties', error.detail, 1));
    }
    throw error;
  });
}

/**
 * Declares the properties that are not there yet, and answers the schema that has them all.
 *
 * @throws BadFile `tooManyProperties`
 */
export async function declareAll(wanted: readonly NewProperty[], job: string, now: number): Promise<Schema> {
  return retrying('the properties of the columns', async () => {
    const schema = await schemas.fresh('user', now);
    const missing = wanted.filter(({ key }) => !schema.properties.has(key));
    if (missing.length === 0) return schema;
    await declareSome(missing.slice(0, AT_ONCE), job, now);
    return AGAIN;
  });
}

/**
 * Declares what the columns of an import need and another import has withdrawn since: rows have values of it.
 *
 * @throws BadFile `tooManyProperties`
 */
export async function restoreProperties({ columns }: ImportPlan, job: string, now: number): Promise<void> {
  const needed = columns.flatMap(({ field: key, type, header: label }) =>
    key !== null && type !== null ? [{ key, type, label }] : [],
  );
  await declareAll(needed, job, now);
}

/**
 * Withdraws the properties that the plan of a job declared, when none of its rows was applied; those that somebody has
 * changed since, or that a segment reads, stay.
 *
 * @returns the job without the warnings about columns that became these properties
 */
export async function withdrawProperties(bucket: Bucket, job: StoredJob): Promise<StoredJob> {
  const noted = await readJson(bucket, workKeys(job.id).columns, ColumnNote);
  const gone = new Set<string>();
  for (const { key } of noted?.create ?? []) {
    const isUsed = (await segmentsUsing(key)).length > 0;
    if (!isUsed && (await schemas.withdraw(key, 'user', callOf(job.id)))) gone.add(key);
  }
  return { ...job, warnings: job.warnings.filter(({ field }) => field === null || !gone.has(field)) };
}
