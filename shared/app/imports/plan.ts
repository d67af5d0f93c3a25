import * as schemas from '../../data/schema.ts';
import type { Column } from '../../domain/csv/columns.ts';
import type { Failed } from '../../domain/csv/failure.ts';
import { frameOf } from '../../domain/csv/frame.ts';
import { planColumns } from '../../domain/csv/headers.ts';
import { type ImportOptions, localeOf } from '../../domain/csv/options.ts';
import { ColumnNote, type ImportPlan } from '../../domain/imports/plan.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import type { Schema } from '../../domain/properties/property.ts';
import type { Locale } from '../../domain/values/value.ts';
import { at, type Bucket, type Source } from '../../storage/bucket.ts';
import { readJson, writeJson } from '../../storage/json.ts';
import { openSink, type Sink } from '../../storage/multipart.ts';
import { BadFile, openText, type Text } from '../../storage/text.ts';
import { type Cut, cutText } from './cut.ts';
import { declareAll } from './properties.ts';

/** A file that is to be imported, and how. `startedAt` is in milliseconds since 1970. */
export type Arrived = {
  readonly job: string;
  readonly source: Source;
  readonly bytes: number;
  readonly startedAt: number;
  readonly options: ImportOptions;
  readonly deployment: Pick<Locale, 'timeZone' | 'defaultCountry'>;
};

/** Enough of a text to know its frame. */
const HEAD = 1024 * 1024;

async function headOf({ chunks }: Text): Promise<{ readonly head: Buffer; readonly isWhole: boolean }> {
  const taken: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD) {
    const next = await chunks.next();
    if (next.done) return { head: Buffer.concat(taken), isWhole: true };
    taken.push(next.value);
    size += next.value.length;
  }
  return { head: Buffer.concat(taken), isWhole: false };
}

const orThrow = <T extends object>(made: T | Failed): T => {
  if ('failure' in made) throw new BadFile(made);
  return made;
};

/** The meaning of the columns, as an earlier run noted it: the properties that it declared are in the schema by now. */
async function columnsOf(bucket: Bucket, job: string, decide: () => Promise<ColumnNote>): Promise<ColumnNote> {
  return (await readJson(bucket, workKeys(job).columns, ColumnNote)) ?? decide();
}

/** Columns of properties that somebody else declared first are read as those are. */
function withTypes(columns: readonly Column[], schema: Schema): Column[] {
  return columns.map((column) => {
    const property = column.field === null ? undefined : schema.properties.get(column.field);
    return property && column.type !== null ? { ...column, type: property.type } : column;
  });
}

/** Writes the text beside the job when its own bytes cannot be cut into ranges. */
async function copyOf(bucket: Bucket, job: string, text: Text): Promise<Sink | null> {
  return text.isPlain ? null : openSink(bucket, workKeys(job).text);
}

/**
 * Makes the plan of an import in one pass over the file, in constant memory but for eight bytes an identifier: proves the
 * encoding to the end, counts the rows, cuts them into parts, finds identifiers that stand on more than one line, and
 * declares the properties that its columns need. A plan that is made again is the same.
 *
 * @throws BadFile with the code under which the job fails; FileLost
 */
export async function planImport(bucket: Bucket, file: Arrived): Promise<ImportPlan> {
  const { job, options, startedAt } = file;
  const keys = workKeys(job);
  const text = await openText(bucket, file.source, file.bytes, options.encoding);
  const { head, isWhole } = await headOf(text);
  const frame = orThrow(frameOf(head, isWhole, options.headerLine));
  const locale = localeOf(options, file.deployment);
  const note = await columnsOf(bucket, job, async () => {
    const { columns, create, warnings } = orThrow(planColumns(frame, options, await schemas.fresh('user', startedAt)));
    return {
      columns: [...columns],
      create: [...create],
      warnings: warnings.map((one) => ({ ...one, lines: [frame.headerLine] })),
    };
  });
  const copy = await copyOf(bucket, job, text);
  const cut: Cut = await cutText({
    head,
    isWhole,
    text,
    frame,
    columns: note.columns,
    locale,
    badCells: options.badCells,
    startedAt,
    copy,
  });
  await writeJson(bucket, keys.columns, note);
  const schema = await declareAll(note.create, job, startedAt);
  const plan: ImportPlan = {
    startedAt,
    source: copy ? at(keys.text) : file.source,
    offset: copy ? 0 : text.bom,
    delimiter: frame.delimiter,
    header: [...frame.header],
    columns: withTypes(note.columns, schema),
    failedColumns: cut.failedColumns,
    options: {
      badCells: options.badCells,
      onConflict: options.onConflict,
      blankCells: options.blankCells,
      tags: options.tags,
      addTags: [...options.addTags],
    },
    locale,
    rows: cut.rows,
    parts: [...cut.parts],
  };
  await bucket.put(keys.repeats, Buffer.from(cut.repeated.buffer));
  await writeJson(
    bucket,
    keys.manifest,
    plan.parts.map((_, part) => ({ job, part })),
  );
  await writeJson(bucket, keys.plan, plan);
  return plan;
}
