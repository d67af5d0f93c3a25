import * as schemas from '../../data/schema.ts';
import type { CsvRecord } from '../../domain/csv/records.ts';
import { type FaultyRow, type ReadRow, rowReader } from '../../domain/csv/row.ts';
import type { Row, Run } from '../../domain/imports/decide.ts';
import type { ImportPlan } from '../../domain/imports/plan.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import type { Schema } from '../../domain/properties/property.ts';
import type { Bucket } from '../../storage/bucket.ts';

/** Hashes of the identifiers that stand on more than one line of the file. */
export async function repeatedIn(bucket: Bucket, job: string): Promise<ReadonlySet<number>> {
  const kept = await bucket.get(workKeys(job).repeats);
  if (!kept) throw new Error('the import has no list of repeated identifiers');
  // A copy, since floats must begin at a multiple of eight.
  return new Set(new Float64Array(Uint8Array.from(kept).buffer));
}

/** A row and the identifiers that it gives, in order of rank: ours, then those of the schema. */
function rowOf({ line, id, change }: ReadRow, { identifiers }: Pick<Schema, 'identifiers'>): Row {
  const given: { field: string; value: string }[] = id === null ? [] : [{ field: 'id', value: id }];
  for (const field of identifiers) {
    const value = change.properties[field];
    if (typeof value === 'string') given.push({ field, value });
  }
  return { line, change, given };
}

/** The settings by which the rows of one import are applied, and the reader of its rows. */
export type ImportReader = { readonly run: Run; readonly read: (record: CsvRecord) => Row | FaultyRow };

/** The reader of an import's rows by a schema. */
export function readerBy(job: string, plan: ImportPlan, schema: Schema): ImportReader {
  const live = [...schema.properties.values()].filter(({ archived }) => !archived);
  const read = rowReader({ ...plan, now: plan.startedAt, liveKeys: live.map(({ key }) => key) });
  const run: Run = { job, startedAt: plan.startedAt, onConflict: plan.options.onConflict, schema };
  return {
    run,
    read: (record) => {
      const row = read(record);
      return 'faults' in row ? row : rowOf(row, schema);
    },
  };
}

/** The reader of an import's rows by the schema as it is now. */
export async function readerOf(job: string, plan: ImportPlan, now: number): Promise<ImportReader> {
  return readerBy(job, plan, await schemas.fresh('user', now));
}
