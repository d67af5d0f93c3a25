import type { CsvRecord } from './records.ts';

/** A stretch of a file that begins and ends between records: bytes `from` to `to`, beginning on a physical line, with so many rows. */
export type Part = { readonly from: number; readonly to: number; readonly line: number; readonly rows: number };

/** About how many bytes a part takes. */
const PART_BYTES = 4 * 1024 * 1024;

/** Groups the rows of a file into parts, in order. */
export type PartCutter = {
  /** The parts that are complete with these rows. */
  readonly push: (records: readonly CsvRecord[]) => Part[];
  /** The last part, null when no row is left for it; `to` is where the file ends. */
  readonly end: (to: number) => Part | null;
};

/** A cutter of parts, from the byte and the physical line on which the first row may begin. */
export function partCutter(from: number, line: number, bytes = PART_BYTES): PartCutter {
  let part = { from, line, rows: 0 };
  function push(records: readonly CsvRecord[]): Part[] {
    const parts: Part[] = [];
    for (const record of records) {
      part.rows += 1;
      if (record.to - part.from < bytes) continue;
      parts.push({ ...part, to: record.to });
      part = { from: record.to, line: record.nextLine, rows: 0 };
    }
    return parts;
  }
  return { push, end: (to) => (part.rows > 0 ? { ...part, to } : null) };
}
