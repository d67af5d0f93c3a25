/** The most bytes that a record, and a quoted cell, may take. */
export const RECORD_LIMIT = 65_536;

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;
const NOT_ASCII = /[\x80-\xff]/;
const NEWLINE = /\r\n?|\n/g;

/** What follows a cell: another, the end of the record, bytes not yet at hand, or nothing sensible. */
export type Step = 'cell' | 'record' | 'more' | 'malformed' | 'unterminated';

/**
 * Bytes that are being cut into cells, and how far that has come.
 *
 * `text` holds the bytes as one character each: the structure of a file is ASCII, so offsets in it are offsets in the
 * bytes, and slices of it cost next to nothing. `cut` is the delimiter's byte, -1 when there is none. `line` is the
 * physical line at `pos`. `quotedAt` is where the last cell read opened its quote, -1 when it has none.
 */
export type Cursor = {
  readonly cut: number;
  bytes: Buffer;
  text: string;
  last: boolean;
  pos: number;
  line: number;
  cells: string[];
  quotedAt: number;
};

/** A cursor before any bytes, on a physical line. */
export function cursor(delimiter: string, line: number): Cursor {
  const cut = delimiter === '' ? -1 : delimiter.charCodeAt(0);
  return { cut, bytes: Buffer.alloc(0), text: '', last: false, pos: 0, line, cells: [], quotedAt: -1 };
}

/** Puts more bytes behind those that are not read yet; `last` says that none follow. */
export function feed(at: Cursor, chunk: Uint8Array, last: boolean): void {
  const rest = at.bytes.subarray(at.pos);
  const whole =
    rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  at.bytes = whole;
  at.text = whole.toString('latin1');
  at.last = last;
  at.pos = 0;
}

/** Reads one cell and the sign behind it. The cell is kept unless more bytes are needed to know where it ends. */
export function readCell(at: Cursor): Step {
  return at.bytes[at.pos] === QUOTE ? readQuoted(at) : readPlain(at);
}

/** Reads on to the end of a cell without quotes, or of one that was begun before. */
export function readPlain(at: Cursor): Step {
  const { bytes, cut, pos } = at;
  const end = bytes.length;
  let stop = pos;
  let high = 0;
  for (; stop < end; stop += 1) {
    const byte = bytes[stop] ?? 0;
    if (byte === cut || byte === LF || byte === CR) break;
    high |= byte;
  }
  at.quotedAt = -1;
  at.pos = stop;
  const step = endCell(at);
  if (step !== 'more') at.cells.push(high < 0x80 ? at.text.slice(pos, stop) : bytes.toString('utf8', pos, stop));
  return step;
}

function readQuoted(at: Cursor): Step {
  at.quotedAt = at.pos;
  const close = closingQuote(at);
  if (close < 0) return !at.last && at.bytes.length - at.quotedAt <= RECORD_LIMIT ? 'more' : 'unterminated';
  const raw = at.text.slice(at.quotedAt + 1, close);
  const newlines = raw.match(NEWLINE)?.length ?? 0;
  if (!endsCell(at, close + 1)) return newlines > 0 ? 'unterminated' : 'malformed';
  at.pos = close + 1;
  const step = endCell(at);
  if (step === 'more') return step;
  at.cells.push(unquoted(at, raw));
  at.line += newlines;
  return step;
}

function unquoted({ bytes, quotedAt }: Cursor, raw: string): string {
  const cell = NOT_ASCII.test(raw) ? bytes.toString('utf8', quotedAt + 1, quotedAt + 1 + raw.length) : raw;
  return cell.includes('"') ? cell.replaceAll('""', '"') : cell;
}

/** Where the quote is that closes the cell; -1 when it is not within the limit, or when it may yet turn out to be doubled. */
function closingQuote({ text, bytes, quotedAt, last }: Cursor): number {
  let close = text.indexOf('"', quotedAt + 1);
  while (bytes[close + 1] === QUOTE && close >= 0 && close - quotedAt <= RECORD_LIMIT)
    close = text.indexOf('"', close + 2);
  const isOpen = close < 0 || close - quotedAt > RECORD_LIMIT || (close + 1 >= bytes.length && !last);
  return isOpen ? -1 : close;
}

function endsCell({ bytes, cut }: Cursor, pos: number): boolean {
  const sign = bytes[pos];
  return sign === undefined || sign === cut || sign === LF || sign === CR;
}

function endCell(at: Cursor): Step {
  if (at.pos >= at.bytes.length) return at.last ? 'record' : 'more';
  if (at.bytes[at.pos] !== at.cut) return stepOverNewline(at) ? 'record' : 'more';
  at.pos += 1;
  return 'cell';
}

/** Steps over the newline at hand; false when it is a CR that an LF may yet follow. */
function stepOverNewline(at: Cursor): boolean {
  const isCr = at.bytes[at.pos] === CR;
  if (isCr && at.pos + 1 >= at.bytes.length && !at.last) return false;
  at.pos += isCr && at.bytes[at.pos + 1] === LF ? 2 : 1;
  at.line += 1;
  return true;
}

/** Goes behind the end of the physical line that `pos` is on; false when that is not at hand. What it passes over becomes a cell. */
export function readLine(at: Cursor): boolean {
  const { bytes, pos } = at;
  let stop = pos;
  while (stop < bytes.length && bytes[stop] !== LF && bytes[stop] !== CR) stop += 1;
  at.cells.push(bytes.toString('utf8', pos, stop));
  at.pos = stop;
  return stop < bytes.length ? stepOverNewline(at) : at.last;
}
