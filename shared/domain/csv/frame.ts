import { normalText } from '../values/text.ts';
import { isBlank } from './cells.ts';
import { textProof } from './encoding.ts';
import { isOurs } from './failed-rows.ts';
import { type Failed, failed } from './failure.ts';
import { unescapeFormula } from './formula.ts';
import { type CsvRecord, recordScanner } from './records.ts';

/** The most columns that a file may have, beside those that Roster adds to failed rows. */
const MAX_COLUMNS = 300;

/**
 * How the records of a file are cut. Offsets count the bytes of the UTF-8 text without its BOM.
 *
 * - `delimiter`: '' in a file of one column.
 * - `header`: the header's cells without white space around them; blank ones at the end are let go.
 * - `from`, `line`: where the first row may begin; the header's first line is line 1.
 * - `sample`: the cells of the first hundred rows at hand.
 */
export type Frame = {
  readonly delimiter: string;
  readonly header: readonly string[];
  readonly from: number;
  readonly line: number;
  readonly sample: readonly (readonly string[])[];
};

const DELIMITERS = [',', ';', '\t', '|'];
const SAMPLE = 100;
const SEPARATOR_LINE = /^"?sep=([\t !#-/:-@[-`{-~])"?(?:\r\n|\r|\n)/i;

/**
 * The frame of a file by its first bytes as UTF-8 text without BOM (1 MB is plenty); `isWhole` says that these are all.
 *
 * Fails with `emptyFile`, `noRows`, `notUtf8`, `binaryFile`, `unsupportedFile` or `tooManyColumns`.
 */
export function frameOf(head: Uint8Array, isWhole: boolean): Frame | Failed {
  const separator = SEPARATOR_LINE.exec(Buffer.from(head.subarray(0, 16)).toString('latin1'));
  const from = separator?.[0].length ?? 0;
  const bytes = head.subarray(from);
  const broken = textProof()(bytes, isWhole);
  if (broken) return broken;
  const delimiter = separator?.[1] ?? delimiterOf(bytes, isWhole);
  return withHeader(delimiter, from, records(bytes, delimiter, isWhole), isWhole);
}

function withHeader(
  delimiter: string,
  from: number,
  [header, ...rows]: readonly CsvRecord[],
  isWhole: boolean,
): Frame | Failed {
  if (!header)
    return isWhole ? failed('emptyFile', 'Holds nothing.') : failed('unsupportedFile', 'Has no header line.');
  if (header.fault) return failed('unsupportedFile', `The header cannot be read: ${header.fault.detail}`, 1);
  if (isWhole && rows.length === 0) return failed('noRows', 'Has a header and no rows.');
  const cells = header.cells.map(headerText);
  const width = cells.findLastIndex((cell) => cell !== '') + 1;
  const counted = cells.slice(0, width).filter((cell) => !isOurs(cell)).length;
  if (counted > MAX_COLUMNS) return failed('tooManyColumns', `Has ${counted} columns; ${MAX_COLUMNS} are the most.`, 1);
  return {
    delimiter,
    header: cells.slice(0, width),
    from: from + header.to,
    line: header.nextLine - header.line + 1,
    sample: rows.map((row) => row.cells),
  };
}

/** A header as it is compared and kept. One that is not text stays as it is: its column is refused by name later. */
export function headerText(cell: string): string {
  const text = normalText(unescapeFormula(cell));
  return typeof text === 'string' ? text : cell;
}

/** How many bytes are cut at a time. */
const SLICE = 65_536;

/** The header and the first hundred rows at hand. */
function records(bytes: Uint8Array, delimiter: string, isWhole: boolean): readonly CsvRecord[] {
  const scanner = recordScanner(delimiter);
  const found: CsvRecord[] = [];
  for (let from = 0; from < bytes.length && found.length <= SAMPLE; from += SLICE) {
    const isLast = isWhole && from + SLICE >= bytes.length;
    found.push(...scanner.push(bytes.subarray(from, from + SLICE), isLast));
  }
  return found.slice(0, SAMPLE + 1);
}

/**
 * The delimiter that cuts most of the first records into the same number of cells, more than one, the header being cut
 * too. Of two that do so equally the one that makes more cells, then the one that is listed first.
 */
function delimiterOf(bytes: Uint8Array, isWhole: boolean): string {
  let best = { delimiter: '', alike: 0, width: 1 };
  for (const delimiter of DELIMITERS) {
    const found = records(bytes, delimiter, isWhole).slice(0, SAMPLE);
    const { alike, width } = commonest(found.map((record) => record.cells.length));
    const [header] = found;
    // A header whose quotes are wrong is told as such, not read as one column.
    if (!header || (!header.fault && header.cells.length < 2)) continue;
    if (alike > best.alike || (alike === best.alike && width > best.width)) best = { delimiter, alike, width };
  }
  return best.delimiter;
}

/** The number of cells, more than one, that most records have. */
function commonest(widths: readonly number[]): { readonly alike: number; readonly width: number } {
  const counts = new Map<number, number>();
  for (const width of widths) if (width > 1) counts.set(width, (counts.get(width) ?? 0) + 1);
  const [width, alike] = [...counts].reduce((most, next) => (next[1] > most[1] ? next : most), [0, 0]);
  return { alike, width };
}

/** Whether a row has more cells than the header, blank ones at its end aside. */
export function hasSurplus(cells: readonly string[], width: number): boolean {
  return cells.length > width && !cells.slice(width).every(isBlank);
}
