import { Fault } from '../errors.ts';
import { isBlank, readCells } from './cells.ts';
import { type Cursor, cursor, feed, passCell, passLine, RECORD_LIMIT, textBetween } from './edges.ts';

/**
 * One record of a file: a row, unless it is the header.
 *
 * `from` and `to` are byte offsets, the newline included. `line` is the physical line on which it begins, `nextLine` the
 * one on which the next begins. A record with a `fault` has no cells; `raw` is then its text for people to mend, or a
 * sentence that says where to find it when it is longer than what is kept.
 */
export type CsvRecord = {
  readonly line: number;
  readonly nextLine: number;
  readonly from: number;
  readonly to: number;
  readonly cells: readonly string[];
  readonly fault: Fault | null;
  readonly raw: string;
};

/** Cuts bytes into records, chunk by chunk. */
export type RecordScanner = {
  /** The records that are complete with this chunk, blank ones left out; `isLast` says that no more bytes follow. */
  readonly push: (chunk: Uint8Array, isLast: boolean) => CsvRecord[];
};

const MALFORMED = new Fault(
  'malformedQuotes',
  'Has text after a closing quote: double the quotes inside a quoted cell ("" for ").',
);
const UNTERMINATED = new Fault('unterminatedQuote', 'Opens a quote that is not closed: close it, or double it.');
const TOO_LONG = new Fault('recordTooLong', `Is longer than ${RECORD_LIMIT} bytes.`);

const NO_CELLS: readonly string[] = [];

/** The record at hand. The text of one that failed is dropped until its end comes, or that of its line. */
type Scan = {
  readonly at: Cursor;
  /** The file's offset of the cursor's first byte. */
  base: number;
  from: number;
  line: number;
  state: 'begin' | 'tooLong' | 'badLine';
  fault: Fault;
};

/** A record whose cells are not read yet: `raw` is its text, without the newline at the end. */
type Found = { -readonly [Key in keyof CsvRecord]: CsvRecord[Key] };

/**
 * A scanner of UTF-8 text from the beginning of a record, which stands at byte `from` and on physical line `line`.
 *
 * The frame is RFC 4180 with LF, CR LF and CR as newlines; a quote opens a cell only as its first character; an empty
 * `delimiter` makes each record one cell. A quote that is not closed within 64 KB, before the end, or before text follows
 * it on a later line, fails the row that opened it, and reading goes on with the next physical line. So one bad row costs
 * no other, and a cut between records does not change what is read.
 *
 * The scanner finds the byte ranges, physical lines and faults of records, which papaparse does not know: it takes
 * newlines of one kind only, lets text after a closing quote pass, and reads on quadratically behind an open quote.
 * papaparse then reads the cells of all well-formed records of a chunk at once.
 */
export function recordScanner(delimiter: string, from = 0, line = 1): RecordScanner {
  const scan: Scan = { at: cursor(delimiter, line), base: from, from, line, state: 'begin', fault: UNTERMINATED };
  return {
    push: (chunk, isLast) => {
      scan.base += scan.at.pos;
      feed(scan.at, chunk, isLast);
      const found: Found[] = [];
      for (let record = nextRecord(scan); record; record = nextRecord(scan))
        if (record.fault || record.raw !== '') found.push(record);
      return withCells(found, delimiter);
    },
  };
}

/** Gives the well-formed ones of these records their cells, and leaves out those that are blank. */
function withCells(found: readonly Found[], delimiter: string): CsvRecord[] {
  const wellFormed = found.filter(({ fault }) => fault === null);
  const texts = wellFormed.map(({ raw }) => raw);
  for (const [index, cells] of readCells(texts, delimiter).entries()) {
    const record = wellFormed[index];
    if (!record) continue;
    record.cells = cells;
    record.raw = '';
  }
  return found.filter(({ fault, cells }) => fault !== null || !cells.every(isBlank));
}

/** The next record, null when its end is not at hand. */
function nextRecord(scan: Scan): Found | null {
  const { at } = scan;
  if (scan.state === 'begin') {
    if (at.pos >= at.text.length) return null;
    scan.from = scan.base + at.pos;
    scan.line = at.line;
    at.inCell = false;
  }
  const began = at.pos;
  const fault = scan.state === 'badLine' ? passBadLine(scan, began) : passRecord(scan, began);
  return fault === 'more' ? null : finish(scan, fault);
}

/** Passes over a record; the answer is what is wrong with it. */
function passRecord(scan: Scan, began: number): Fault | null | 'more' {
  const { at } = scan;
  let step = passCell(at);
  while (step === 'cell') step = passCell(at);
  if (step === 'record') return scan.base + at.pos - scan.from > RECORD_LIMIT ? TOO_LONG : null;
  if (step === 'more') {
    if (!goesBack(scan, began)) dropText(scan);
    return 'more';
  }
  scan.fault = scan.state === 'tooLong' ? TOO_LONG : badQuote(step);
  at.pos = at.quotedAt;
  return passBadLine(scan, began);
}

function badQuote(step: 'malformed' | 'unterminated'): Fault {
  return step === 'malformed' ? MALFORMED : UNTERMINATED;
}

/** Goes back to the beginning of the record until more bytes are there, unless it is too long to be kept. */
function goesBack(scan: Scan, began: number): boolean {
  const { at } = scan;
  if (scan.state !== 'begin' || scan.base + at.text.length - scan.from > RECORD_LIMIT) return false;
  at.pos = began;
  at.line = scan.line;
  return true;
}

/** Drops what was read of a record that is too long, up to the cell at hand. */
function dropText(scan: Scan): void {
  const { at } = scan;
  scan.state = 'tooLong';
  if (at.quotedAt >= 0) at.pos = at.quotedAt;
}

/** Passes over the rest of the physical line on which a bad quote was opened. */
function passBadLine(scan: Scan, began: number): Fault | 'more' {
  if (passLine(scan.at)) return scan.fault;
  if (!goesBack(scan, began)) scan.state = 'badLine';
  return 'more';
}

function finish(scan: Scan, fault: Fault | null): Found {
  const { at, base, line, from } = scan;
  const to = base + at.pos;
  scan.state = 'begin';
  const raw =
    to - from > RECORD_LIMIT
      ? `A record of ${to - from} bytes, which begins on line ${line} of the file.`
      : textBetween(at, from - base, at.end);
  return { line, nextLine: at.line, from, to, cells: NO_CELLS, fault, raw };
}
