import Papa from 'papaparse';
import { normalText } from '../values/text.ts';

/** The delimiter of a file that has none: no text holds NUL, since a file that does is refused as binary. */
const NO_DELIMITER = '\0';

/** White space, a quote, text whose quotes are doubled, and a quote at the end. */
const SPACED_QUOTE = /^[\s\u200b]+"((?:[^"]|"")*)"[\s\u200b]*$/;

/**
 * The cells of records that are well-formed, read by papaparse in one call.
 *
 * `records` are the texts without the newline at their end, and none of them is empty; newlines stand inside of quotes
 * only. A cell of white space, a quote, text and a quote is that text: some programs write a blank behind each delimiter.
 */
export function readCells(records: readonly string[], delimiter: string): string[][] {
  if (records.length === 0) return [];
  const text = records.join('\n');
  const { data } = Papa.parse<string[]>(withBom(text), { delimiter: delimiter || NO_DELIMITER, newline: '\n' });
  if (data.length !== records.length) throw new Error('papaparse found another number of records than the frame');
  return /[\s\u200b]"/.test(text) ? data.map((cells) => cells.map(withoutSpacedQuotes)) : data;
}

/** papaparse takes a BOM off, so a text that begins with one, which is no mark of a file here, gets another. */
function withBom(text: string): string {
  return text.startsWith('\ufeff') ? `\ufeff${text}` : text;
}

function withoutSpacedQuotes(cell: string): string {
  const first = cell.charCodeAt(0);
  if (first > 0x20 && first < 0x7f) return cell;
  const [, text] = SPACED_QUOTE.exec(cell) ?? [];
  return text === undefined ? cell : text.replaceAll('""', '"');
}

/** True for a cell that holds nothing but white space. */
export function isBlank(cell: string): boolean {
  const first = cell.charCodeAt(0);
  return !(first > 0x20 && first < 0x7f) && normalText(cell) === '';
}
