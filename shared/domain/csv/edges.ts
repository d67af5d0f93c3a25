import { isAscii } from 'node:buffer';

/** The most bytes that a record, and a quoted cell, may take. */
export const RECORD_LIMIT = 65_536;

const QUOTE = '"';
const NEWLINE = /\r\n?|\n/g;

/** The end of a cell: another cell follows, the record ends, more bytes are needed, or the quotes are wrong. */
export type Step = 'cell' | 'record' | 'more' | 'malformed' | 'unterminated';

/** A character of the frame and its first place at or behind `from`: the length of the text when there is none. */
type Sign = { readonly mark: string; from: number; at: number };

/**
 * A place in bytes whose cells and records are being found.
 *
 * `text` holds the bytes as one character each: the structure of a file is ASCII, so offsets in it are offsets in the
 * bytes. `line` is the physical line at `pos`, `end` the end of the last cell, `quotedAt` the opening quote of the last
 * cell, -1 when it has none. `inCell`: the bytes at `pos` continue a cell without quotes.
 */
export type Cursor = {
  bytes: Buffer;
  text: string;
  isAscii: boolean;
  isLast: boolean;
  pos: number;
  line: number;
  end: number;
  quotedAt: number;
  inCell: boolean;
  readonly delimiter: Sign;
  readonly quote: Sign;
  readonly lf: Sign;
  readonly cr: Sign;
};

const sign = (mark: string): Sign => ({ mark, from: 0, at: 0 });

/** A cursor before any bytes, on a physical line; `delimiter` is '' in a file of one column. */
export function cursor(delimiter: string, line: number): Cursor {
  return {
    bytes: Buffer.alloc(0),
    text: '',
    isAscii: true,
    isLast: false,
    pos: 0,
    line,
    end: 0,
    quotedAt: -1,
    inCell: false,
    delimiter: sign(delimiter),
    quote: sign(QUOTE),
    lf: sign('\n'),
    cr: sign('\r'),
  };
}

/** Puts more bytes behind those that are not read yet; `isLast` says that none follow. */
export function feed(at: Cursor, chunk: Uint8Array, isLast: boolean): void {
  const rest = at.bytes.subarray(at.pos);
  const whole =
    rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  at.bytes = whole;
  at.text = whole.toString('latin1');
  at.isAscii = isAscii(whole);
  at.isLast = isLast;
  at.pos = 0;
  for (const one of [at.delimiter, at.quote, at.lf, at.cr]) seek(at, one);
}

function seek({ text, pos }: Cursor, one: Sign): void {
  const found = one.mark === '' ? -1 : text.indexOf(one.mark, pos);
  one.from = pos;
  one.at = found < 0 ? text.length : found;
}

/** The next place of a sign. What was searched before is not searched again, also when the cursor has gone back. */
function next(at: Cursor, one: Sign): number {
  if (one.at < at.pos) seek(at, one);
  else if (at.pos < one.from) {
    const found = one.mark === '' ? -1 : at.text.slice(at.pos, one.from).indexOf(one.mark);
    if (found >= 0) one.at = at.pos + found;
    one.from = at.pos;
  }
  return one.at;
}

/** The text of a range of the bytes at hand. */
export function textBetween({ bytes, text, isAscii }: Cursor, from: number, to: number): string {
  return isAscii ? text.slice(from, to) : bytes.toString('utf8', from, to);
}

/** The end of the physical line, without its newline. */
const lineEnd = (at: Cursor) => Math.min(next(at, at.lf), next(at, at.cr));

/** Passes over one cell and the sign behind it, or over several at once when no quote stands in the rest of the line. */
export function passCell(at: Cursor): Step {
  return !at.inCell && at.text[at.pos] === QUOTE ? passQuoted(at) : passPlain(at);
}

function passPlain(at: Cursor): Step {
  const { pos: began, text, delimiter } = at;
  const stop = lineEnd(at);
  at.quotedAt = -1;
  at.pos = next(at, at.quote) < stop ? Math.min(next(at, delimiter), stop) : stop;
  const step = endCell(at);
  if (step !== 'more') at.inCell = false;
  else if (at.pos > began) at.inCell = text[at.pos - 1] !== delimiter.mark;
  return step;
}

function passQuoted(at: Cursor): Step {
  at.quotedAt = at.pos;
  const close = closingQuote(at);
  if (close < 0) return !at.isLast && at.text.length - at.quotedAt <= RECORD_LIMIT ? 'more' : 'unterminated';
  const newlines = lineEnd(at) < close ? (at.text.slice(at.pos, close).match(NEWLINE)?.length ?? 0) : 0;
  if (!endsCell(at, close + 1)) return newlines > 0 ? 'unterminated' : 'malformed';
  at.pos = close + 1;
  const step = endCell(at);
  if (step !== 'more') at.line += newlines;
  return step;
}

/** The place of the quote that closes the cell; -1 when it is not within the limit, or may yet turn out to be doubled. */
function closingQuote({ text, quotedAt, isLast }: Cursor): number {
  let close = text.indexOf(QUOTE, quotedAt + 1);
  while (text[close + 1] === QUOTE && close >= 0 && close - quotedAt <= RECORD_LIMIT)
    close = text.indexOf(QUOTE, close + 2);
  const isOpen = close < 0 || close - quotedAt > RECORD_LIMIT || (close + 1 >= text.length && !isLast);
  return isOpen ? -1 : close;
}

function endsCell({ text, delimiter }: Cursor, pos: number): boolean {
  const after = text[pos];
  return after === undefined || after === delimiter.mark || after === '\n' || after === '\r';
}

function endCell(at: Cursor): Step {
  at.end = at.pos;
  if (at.pos >= at.text.length) return at.isLast ? 'record' : 'more';
  if (at.text[at.pos] !== at.delimiter.mark) return passNewline(at) ? 'record' : 'more';
  at.pos += 1;
  return 'cell';
}

/** Passes over the newline at hand; false when it is a CR that an LF may yet follow. */
function passNewline(at: Cursor): boolean {
  const isCr = at.text[at.pos] === '\r';
  if (isCr && at.pos + 1 >= at.text.length && !at.isLast) return false;
  at.pos += isCr && at.text[at.pos + 1] === '\n' ? 2 : 1;
  at.line += 1;
  return true;
}

/** Passes over the rest of the physical line; false when its end is not at hand. */
export function passLine(at: Cursor): boolean {
  at.pos = lineEnd(at);
  at.end = at.pos;
  return at.pos < at.text.length ? passNewline(at) : at.isLast;
}
