/*
 * A spreadsheet takes a cell that begins with one of these signs for a formula. A `'` before it makes it text. So that a
 * text comes back as it was, whatever it begins with, a text that already looks escaped is escaped once more.
 */

/** The readers for which a file is written: spreadsheets, which run formulas, or programs, which do not. */
export type FileProfile = 'spreadsheet' | 'data';

// biome-ignore lint/suspicious/noControlCharactersInRegex: TAB, CR and LF begin formulas too.
const SPREADSHEET = /^'*[=+\-@\x09\x0d\x0a＝＋－＠]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: TAB, CR and LF begin formulas too.
const ESCAPED = /^'+[=+\-@\x09\x0d\x0a＝＋－＠]/;

/** A text as a cell of a file of this profile. */
export function escapeFormula(text: string, profile: FileProfile): string {
  return (profile === 'spreadsheet' ? SPREADSHEET : ESCAPED).test(text) ? `'${text}` : text;
}

/** The text that was written as this cell, in either profile. */
export function unescapeFormula(cell: string): string {
  return cell.charCodeAt(0) === 0x27 && ESCAPED.test(cell) ? cell.slice(1) : cell;
}
