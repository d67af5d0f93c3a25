import { optionsOfDrop } from '../../../shared/domain/csv/dropped-options.ts';
import { frameOf } from '../../../shared/domain/csv/frame.ts';
import { type ColumnOptions, planColumns } from '../../../shared/domain/csv/headers.ts';
import { type ImportOptions, localeOf } from '../../../shared/domain/csv/options.ts';
import { recordScanner } from '../../../shared/domain/csv/records.ts';
import { type FaultyRow, type ReadRow, rowReader } from '../../../shared/domain/csv/row.ts';
import { type Property, schemaOf } from '../../../shared/domain/properties/property.ts';

/** The options of a reading of a text. */
export type Reading = Partial<ImportOptions> & {
  readonly properties?: readonly Property[];
  readonly deployment?: { readonly timeZone: string; readonly defaultCountry: string | null };
  readonly now?: number;
};

/** Reads a whole file as an import does, without table and bucket: its rows, or the code of its failure. */
export function readCsv(text: string | Buffer, reading: Reading = {}): string | readonly (ReadRow | FaultyRow)[] {
  const {
    properties = [],
    deployment = { timeZone: 'UTC', defaultCountry: null },
    now = Date.UTC(2030, 0, 1),
  } = reading;
  const options: ImportOptions & ColumnOptions = { ...optionsOfDrop({}, null).options, ...reading };
  const bytes = Buffer.from(text);
  const frame = frameOf(bytes, true);
  if ('failure' in frame) return frame.failure.code;
  const schema = schemaOf(properties);
  const plan = planColumns(frame, options, schema);
  if ('failure' in plan) return plan.failure.code;
  const read = rowReader({
    columns: plan.columns,
    options,
    locale: localeOf(options, deployment),
    now,
    liveKeys: [...schema.properties.values()].filter(({ archived }) => !archived).map(({ key }) => key),
  });
  return recordScanner(frame.delimiter, frame.from, frame.line).push(bytes.subarray(frame.from), true).map(read);
}
