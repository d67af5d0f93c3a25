import * as z from 'zod/mini';
import { Column, NewProperty } from '../csv/columns.ts';
import { FailedColumns } from '../csv/failed-rows.ts';
import { Warning } from '../jobs/job.ts';

/** The columns of a file and the properties they need, noted before anything is declared: a plan that is made again is the same. */
export const ColumnNote = z.object({
  columns: z.array(Column),
  create: z.array(NewProperty),
  warnings: z.array(Warning),
});
export type ColumnNote = z.infer<typeof ColumnNote>;

/** Everything that the parts of an import have in common, as it is kept beside them. */
export const ImportPlan = z.object({
  /** The time at which the job began, in milliseconds since 1970. */
  startedAt: z.number(),
  /** The object that holds the text, from `offset` bytes on. */
  source: z.object({ key: z.string(), versionId: z.nullable(z.string()), etag: z.nullable(z.string()) }),
  offset: z.number(),
  delimiter: z.string(),
  header: z.array(z.string()),
  columns: z.array(Column),
  /** The columns that failed rows need beside the file's own. */
  failedColumns: FailedColumns,
  options: z.object({
    badCells: z.enum(['skip', 'fail']),
    onConflict: z.enum(['update', 'replace', 'skip']),
    blankCells: z.enum(['keep', 'clear']),
    tags: z.enum(['merge', 'replace']),
    addTags: z.array(z.string()),
  }),
  locale: z.object({
    timeZone: z.string(),
    defaultCountry: z.nullable(z.string()),
    dateFormat: z.enum(['ymd', 'dmy', 'mdy']),
    decimal: z.enum(['none', '.', ',']),
  }),
  rows: z.number(),
  /** In bytes of the text, without BOM. */
  parts: z.array(z.object({ from: z.number(), to: z.number(), line: z.number(), rows: z.number() })),
});
export type ImportPlan = z.infer<typeof ImportPlan>;

/** The files that a job's links serve, with the names they have there. */
export const jobFiles = (job: string) => ({
  log: { name: 'import-log.csv', key: `jobs/${job}/import-log.csv` },
  failed: { name: 'failed-rows.csv', key: `jobs/${job}/failed-rows.csv` },
});
