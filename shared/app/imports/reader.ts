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

/** A row of the file that could be read. */
export type FileRow = Row & Pick<ReadRow, 'lost' | 'isShort'>;

/** A row and the identifiers that it gives, in order of rank: ours, then those of the schema. */
function rowOf({ id, ...row }: ReadRow, { identifiers }: Pick<Schema, 'identifiers'>): FileRow {
  const given: { field: string; value: string }[] = id === null ? [] : [{ field: 'id', value: id }];
  for (const field of identifiers) {
    const value = row.change.properties[field];
    if (typeof value === 'string') given.push({ field, value });
  }
  return { ...row, given };
}

/** The settings by which the rows of one import are applied, and the reader of its rows. */
export type ImportReader = { readonly run: Run; readonly read: (record: CsvRecord) => FileRow | FaultyRow };

/** The reader of an import's rows by a schema. */
export function readerBy(job: string, plan: ImportPlan, schema: Schema): ImportReader {
  const live = [...schema.properties.values()].filter(({ archived }) => !archived);
  const read = rowReader({ ...plan, now: plan.startedAt, liveKeys: live.map(({ key }) => key) });
  const guess = plan.columns.flatMap(({ field, header, isGuess }) =>
    isGuess && field !== null ? { field, header } : [],
  )[0];
  const { startedAt, options } = plan;
  const run: Run = { job, startedAt, onConflict: options.onConflict, schema, ...(guess && { guess }) };
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
