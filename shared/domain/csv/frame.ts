import { normalText } from '../values/text.ts';
import { isBlank } from './cells.ts';
import { textProof } from './encoding.ts';
import { isOurs } from './failed-rows.ts';
import { type Failed, failed } from './failure.ts';
import { foreignText } from './foreign.ts';
import { unescapeFormula } from './formula.ts';
import { type CsvRecord, recordScanner } from './records.ts';

/** The most columns that a file may have, beside those that Roster adds to failed rows. */
const MAX_COLUMNS = 300;

/**
 * The structure of a file: its delimiter, its header and the place of its first row. Offsets count the bytes of the UTF-8 text without its BOM; lines are the physical
 * lines of the file, of which the first is 1.
 *
 * - `delimiter`: '' in a file of one column.
 * - `header`: the header's cells without white space around them; blank ones at the end that stand over nothing are let go.
 * - `headerLine`: where the header begins.
 * - `from`, `line`: where the first row may begin.
 * - `sample`: the cells of the head of the file, which is its first hundred rows; those with bad quotes are left out.
 * - `opening`: the first lines of the file as they are, for advice about its header.
 */
export type Frame = {
  readonly delimiter: string;
  readonly header: readonly string[];
  readonly headerLine: number;
  readonly from: number;
  readonly line: number;
  readonly sample: readonly (readonly string[])[];
  readonly opening: readonly string[];
};

/** The signs that may stand between cells, the most likely first. */
export const DELIMITERS = [',', ';', '\t', '|'];
const SAMPLE = 100;
const SEPARATOR_LINE = /^"?sep=([\t !#-/:-@[-`{-~])"?(?:\r\n|\r|\n)/i;
const LF = 0x0a;
const CR = 0x0d;
const OPENING_LINES = 20;
const OPENING_BYTES = 65_536;

/**
 * The frame of a file by its first bytes as UTF-8 text without BOM (1 MB is plenty); `isWhole` says that these are all.
 *
 * Fails with `emptyFile`, `noRows`, `notUtf8`, `binaryFile`, `unsupportedFile`, `tooManyColumns` or `invalidOption`.
 *
 * @param headerLine the physical line on which the header stands; a line `sep=;` is never the header
 */
export function frameOf(head: Uint8Array, isWhole: boolean, headerLine = 1): Frame | Failed {
  const broken = textProof()(head, isWhole);
  if (broken) return broken;
  const foreign = foreignText(head);
  if (foreign) return foreign;
  const separator = SEPARATOR_LINE.exec(Buffer.from(head.subarray(0, 16)).toString('latin1'));
  const begin = lineStart(head, separator ? Math.max(headerLine, 2) : headerLine);
  if (!begin) {
    return failed('invalidOption', `Option headerLine: the file has no line ${headerLine}.`);
  }
  const cut = (delimiter: string) => records(head, begin, delimiter, isWhole);
  const delimiter = separator?.[1] ?? delimiterOf(cut);
  return withHeader(delimiter, cut(delimiter), openingOf(head), isWhole);
}

/** The byte at which the header may begin, and its physical line. */
type Begin = { readonly from: number; readonly line: number };

/** The byte and the number of a physical line; null when the text has no such line, and never for the first. */
function lineStart(bytes: Uint8Array, wanted: number): Begin | null {
  let from = 0;
  for (let line = 1; line < wanted; line += 1) {
    const ends = [bytes.indexOf(LF, from), bytes.indexOf(CR, from)].filter((at) => at >= 0);
    if (ends.length === 0) return null;
    const end = Math.min(...ends);
    from = end + (bytes[end] === CR && bytes[end + 1] === LF ? 2 : 1);
  }
  return wanted > 1 && from >= bytes.length ? null : { from, line: wanted };
}

function openingOf(head: Uint8Array): readonly string[] {
  const text = Buffer.from(head.subarray(0, OPENING_BYTES)).toString('utf8');
  return text.split(/\r\n?|\n/, OPENING_LINES);
}

function withHeader(
  delimiter: string,
  [header, ...rows]: readonly CsvRecord[],
  opening: readonly string[],
  isWhole: boolean,
): Frame | Failed {
  if (!header)
    return isWhole ? failed('emptyFile', 'Holds nothing.') : failed('unsupportedFile', 'Has no header line.');
  if (header.fault) {
    return failed('unsupportedFile', `The header cannot be read: ${header.fault.detail}`, header.line);
  }
  if (isWhole && rows.length === 0) return failed('noRows', 'Has a header and no rows.');
  const sample = rows.filter(({ fault }) => fault === null).map(({ cells }) => cells);
  const cells = header.cells.map(cellText);
  const isUsed = (index: number) => cells[index] !== '' || sample.some((row) => !isBlank(row[index] ?? ''));
  const width = cells.findLastIndex((_, index) => isUsed(index)) + 1;
  const counted = cells.slice(0, width).filter((cell) => !isOurs(cell)).length;
  if (counted > MAX_COLUMNS) {
    return failed('tooManyColumns', `Has ${counted} columns; ${MAX_COLUMNS} are the most.`, header.line);
  }
  return {
    delimiter,
    header: cells.slice(0, width),
    headerLine: header.line,
    from: header.to,
    line: header.nextLine,
    sample,
    opening,
  };
}

/** A cell as it is compared and kept. One that is not text stays as it is: as a header, it is refused by name later. */
export function cellText(cell: string): string {
  const text = normalText(unescapeFormula(cell));
  return typeof text === 'string' ? text : cell;
}

/** The number of bytes that are cut at a time. */
const SLICE = 65_536;

/** The header and the first hundred rows at hand. */
function records(head: Uint8Array, begin: Begin, delimiter: string, isWhole: boolean): readonly CsvRecord[] {
  const scanner = recordScanner(delimiter, begin.from, begin.line);
  const found: CsvRecord[] = [];
  for (let from = begin.from; from < head.length && found.length <= SAMPLE; from += SLICE) {
    const isLast = isWhole && from + SLICE >= head.length;
    found.push(...scanner.push(head.subarray(from, from + SLICE), isLast));
  }
  return found.slice(0, SAMPLE + 1);
}

/**
 * The delimiter that cuts most of the first records into the same number of cells, more than one, the header being cut
 * too. Of two that do so equally the one that makes more cells, then the one that is listed first.
 */
function delimiterOf(cut: (delimiter: string) => readonly CsvRecord[]): string {
  let best = { delimiter: '', alike: 0, width: 1 };
  for (const delimiter of DELIMITERS) {
    const found = cut(delimiter).slice(0, SAMPLE);
    const { alike, width } = commonest(found.map((record) => record.cells.length));
    const [header] = found;
    // A header whose quotes are wrong is reported as such, not read as one column.
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
