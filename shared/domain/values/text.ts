import { Fault } from '../errors.ts';
import { characterFault, trimmed } from './characters.ts';

/** Printable ASCII, TAB and LF with no white space at either end: text that is normal as it stands. */
const PLAIN = /^[!-\x7f](?:[\t\n -\x7f]*[!-\x7f])?$/;
const LINE_ENDS = /\r\n?/g;

/**
 * Text as every door takes it: NFC, newlines as LF, no white space at either end (U+00A0, U+200B and U+FEFF count as such).
 *
 * Doing it twice changes nothing. Control characters (C0 but TAB and LF) and lone surrogates are `invalidCharacter`.
 */
export function normalText(raw: string): string | Fault {
  if (raw === '' || PLAIN.test(raw)) return raw;
  return characterFault(raw) ?? trimmed(raw.normalize('NFC').replace(LINE_ENDS, '\n'));
}

/** Says if a text has more than `limit` code points. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  if (text.length > 2 * limit) return true;
  let points = 0;
  for (const _ of text) points += 1;
  return points > limit;
}

/** The fault of a text that has more than `limit` code points. */
export function tooLong(limit: number): Fault {
  return new Fault('tooLong', `Is longer than ${limit} characters.`);
}

/** A text of at most `limit` code points; the text must be normal already. */
export function readText(text: string, limit: number): string | Fault {
  return isLongerThan(text, limit) ? tooLong(limit) : text;
}

/** A text as it was sent, in normal form: '' when it is blank, at most `limit` code points. */
export function readWords(raw: string, limit: number): string | Fault {
  const text = normalText(raw);
  return text instanceof Fault ? text : readText(text, limit);
}

/** The most code points a `text` and a `longText` may have. */
export const TEXT_LIMIT = 255;
export const LONG_TEXT_LIMIT = 2_000;
