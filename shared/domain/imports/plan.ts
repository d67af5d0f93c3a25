import * as z from 'zod/mini';
import { Column, NewProperty } from '../csv/columns.ts';
import { FailedColumns } from '../csv/failed-rows.ts';
import { Warning } from '../jobs/job.ts';

/** What the columns of a file give, and what they need first: noted before anything is declared, so that a plan that is made again is the same. */
export const ColumnNote = z.object({
  columns: z.array(Column),
  create: z.array(NewProperty),
  warnings: z.array(Warning),
});
export type ColumnNote = z.infer<typeof ColumnNote>;

/** Everything that the parts of an import have in common, as it is kept beside them. */
export const ImportPlan = z.object({
  /** When the job began, in milliseconds since 1970. */
  startedAt: z.number(),
  /** Where the text stands: `offset` bytes from the beginning of this object. */
  source: z.object({ key: z.string(), versionId: z.nullable(z.string()), etag: z.nullable(z.string()) }),
  offset: z.number(),
  delimiter: z.string(),
  header: z.array(z.string()),
  columns: z.array(Column),
  /** The columns that failed rows need beside the file's own. */
  failedColumns: FailedColumns,
  options: z.object({
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

/** The names of what an import keeps while it works. */
export const workFiles = (job: string) => {
  const folder = `work/${job}`;
  return {
    columns: `${folder}/columns.json`,
    plan: `${folder}/plan.json`,
    manifest: `${folder}/manifest.json`,
    /** A copy of the file as plain UTF-8, when it does not arrive as that. */
    text: `${folder}/text.csv`,
    /** Hashes of the identifiers that stand on more than one line: ascending 64-bit floats. */
    repeats: `${folder}/repeats`,
    /** A piece of a part's log, of its failed rows, and of the rows it leaves for later, by the name of the piece. */
    log: (part: number, piece: string) => `${folder}/log/${part}-${piece}.csv`,
    failed: (part: number, piece: string) => `${folder}/failed/${part}-${piece}.csv`,
    later: (part: number, piece: string) => `${folder}/later/${part}-${piece}.ndjson`,
    /** Which lines a piece holds, and where. */
    index: (part: number, piece: string) => `${folder}/index/${part}-${piece}.json`,
    /** What became of some of the rows that were left for later. */
    note: (part: number, note: string) => `${folder}/notes/${part}-${note}.json`,
  };
};

/** What a job's links serve, and the names they have there. */
export const jobFiles = (job: string) => ({
  log: { name: 'import-log.csv', key: `jobs/${job}/import-log.csv` },
  failed: { name: 'failed-rows.csv', key: `jobs/${job}/failed-rows.csv` },
});
