import { type Column, identifyingColumns } from '../../domain/csv/columns.ts';
import { textProof } from '../../domain/csv/encoding.ts';
import { type FailedColumns, failedColumnsFinder } from '../../domain/csv/failed-rows.ts';
import { failed } from '../../domain/csv/failure.ts';
import type { Frame } from '../../domain/csv/frame.ts';
import { type Part, partCutter } from '../../domain/csv/parts.ts';
import { type CsvRecord, recordScanner } from '../../domain/csv/records.ts';
import { rowReader } from '../../domain/csv/row.ts';
import type { RowSettings } from '../../domain/csv/take.ts';
import { identifierHash, repeatFinder } from '../../domain/imports/repeats.ts';
import type { Locale } from '../../domain/values/value.ts';
import type { Sink } from '../../storage/multipart.ts';
import { BadFile, type Text } from '../../storage/text.ts';

/** The findings of one pass over a text. */
export type Cut = {
  readonly rows: number;
  readonly parts: readonly Part[];
  readonly repeated: Float64Array;
  readonly failedColumns: FailedColumns;
};

type Pass = {
  readonly head: Uint8Array;
  readonly isWhole: boolean;
  readonly text: Text;
  readonly frame: Frame;
  readonly columns: readonly Column[];
  readonly locale: Locale;
  readonly badCells: RowSettings['options']['badCells'];
  readonly startedAt: number;
  readonly copy: Sink | null;
};

/** The bytes of the rows, with word of which chunk is the last. */
async function* chunksOf({ head, text, frame, copy }: Pass): AsyncGenerator<readonly [Uint8Array, boolean]> {
  await copy?.write(head);
  let waiting: Uint8Array = head.subarray(frame.from);
  for await (const chunk of text.chunks) {
    await copy?.write(chunk);
    yield [waiting, false];
    waiting = chunk;
  }
  yield [waiting, true];
}

/** Gives the hashes of a row's identifiers, reading nothing else of it; none of a row that will fail anyway. */
function hashesIn({ columns, locale, startedAt, badCells }: Pass): (record: CsvRecord) => readonly number[] {
  const options: RowSettings['options'] = {
    badCells,
    onConflict: 'update',
    blankCells: 'keep',
    tags: 'merge',
    addTags: [],
  };
  const read = rowReader({ columns: identifyingColumns(columns), options, locale, now: startedAt, liveKeys: [] });
  return (record) => {
    const row = read(record);
    if ('faults' in row) return [];
    const { properties } = row.change;
    const hashes = Object.keys(properties).map((key) => identifierHash(key, String(properties[key])));
    return row.id === null ? hashes : [identifierHash('id', row.id), ...hashes];
  };
}

/** Counts rows, cuts them into parts and collects the hashes of their identifiers. */
function counter(pass: Pass) {
  const { frame } = pass;
  const scanner = recordScanner(frame.delimiter, frame.from, frame.line);
  const cutter = partCutter(frame.from, frame.line);
  const finder = repeatFinder();
  const hashes = hashesIn(pass);
  const failedColumns = failedColumnsFinder(frame.header);
  const parts: Part[] = [];
  let rows = 0;
  return {
    push(chunk: Uint8Array, isLast: boolean): void {
      const records = scanner.push(chunk, isLast);
      rows += records.length;
      parts.push(...cutter.push(records));
      for (const record of records) {
        failedColumns.add(record);
        for (const hash of hashes(record)) finder.add(hash);
      }
    },
    end(to: number): Cut {
      const last = cutter.end(to);
      return {
        rows,
        parts: last ? [...parts, last] : parts,
        repeated: finder.repeated(),
        failedColumns: failedColumns.columns(),
      };
    },
  };
}

/**
 * Goes over a text once: proves that it is UTF-8, counts its rows, cuts them into parts, and finds the identifiers that
 * stand on more than one line.
 *
 * @throws BadFile `notUtf8`, `binaryFile`, `noRows`, and what reading the text may throw
 */
export async function cutText(pass: Pass): Promise<Cut> {
  const prove = textProof(pass.frame.line);
  const count = counter(pass);
  let end = pass.frame.from;
  for await (const [chunk, isLast] of chunksOf(pass)) {
    const broken = prove(chunk, isLast);
    if (broken) throw new BadFile(broken);
    count.push(chunk, isLast);
    end += chunk.length;
  }
  await pass.copy?.close();
  const cut = count.end(end);
  if (cut.rows === 0) throw new BadFile(failed('noRows', 'Has a header and no rows.'));
  return cut;
}
