import { Fault } from '../errors.ts';
import { normalText } from '../values/text.ts';
import { type Cursor, cursor, feed, RECORD_LIMIT, readCell, readLine, readPlain } from './cells.ts';

/**
 * One record of a file: a row, unless it is the header.
 *
 * `from` and `to` are byte offsets, the newline included. `line` is the physical line on which it begins, `nextLine` the
 * one on which the next begins. With a `fault` the cells are what could be made of the row, for people to mend.
 */
export type CsvRecord = {
  readonly line: number;
  readonly nextLine: number;
  readonly from: number;
  readonly to: number;
  readonly cells: readonly string[];
  readonly fault: Fault | null;
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

/** The record at hand. Of one that failed, what was read is forgotten until its own end comes, or that of its line. */
type Scan = {
  readonly at: Cursor;
  /** The file's offset of the cursor's first byte. */
  base: number;
  from: number;
  line: number;
  state: 'begin' | 'tooLong' | 'badLine';
  fault: Fault;
  /** The bytes at hand begin inside a cell without quotes. */
  midCell: boolean;
};

/**
 * A scanner of UTF-8 text from the beginning of a record, which stands at byte `from` and on physical line `line`.
 *
 * The frame is RFC 4180 with LF, CR LF and CR as newlines; a quote opens a cell only as its first character; an empty
 * `delimiter` makes each record one cell. A quote that is not closed within 64 KB, before the end, or before text follows
 * it on a later line, fails the row that opened it, and reading goes on with the next physical line. So one bad row costs
 * no other, a cut between records does not change what is read, and no byte is looked at more than twice.
 *
 * This is not papaparse because that one takes newlines of one kind only, knows neither lines nor bytes, lets text after
 * a closing quote pass, and reads on quadratically behind an open quote. On files without such it gives the same cells.
 */
export function recordScanner(delimiter: string, from = 0, line = 1): RecordScanner {
  const scan: Scan = {
    at: cursor(delimiter, line),
    base: from,
    from,
    line,
    state: 'begin',
    fault: UNTERMINATED,
    midCell: false,
  };
  return {
    push: (chunk, isLast) => {
      scan.base += scan.at.pos;
      feed(scan.at, chunk, isLast);
      const records: CsvRecord[] = [];
      for (let record = readRecord(scan); record; record = readRecord(scan))
        if (record.fault || !record.cells.every(isBlank)) records.push(record);
      return records;
    },
  };
}

/** The next record, null when its end is not at hand. */
function readRecord(scan: Scan): CsvRecord | null {
  const { at } = scan;
  if (scan.state === 'badLine') return readBadLine(scan, at.pos);
  if (scan.state === 'begin') {
    if (at.pos >= at.bytes.length) return null;
    scan.from = scan.base + at.pos;
    scan.line = at.line;
    at.cells = [];
  }
  return readCells(scan, at.pos);
}

function readCells(scan: Scan, began: number): CsvRecord | null {
  const { at } = scan;
  let step = scan.midCell ? readPlain(at) : readCell(at);
  while (step === 'cell') step = readCell(at);
  scan.midCell = false;
  if (step === 'record') return finish(scan, tooLong(scan));
  if (step === 'more') return goesBack(scan, began) ? null : forget(scan);
  scan.fault = scan.state === 'tooLong' ? TOO_LONG : badQuote(step);
  at.pos = at.quotedAt;
  return readBadLine(scan, began);
}

function tooLong({ base, at, from }: Scan): Fault | null {
  return base + at.pos - from > RECORD_LIMIT ? TOO_LONG : null;
}

function badQuote(step: 'malformed' | 'unterminated'): Fault {
  return step === 'malformed' ? MALFORMED : UNTERMINATED;
}

/** Goes back to the beginning of the record until more bytes are there, unless it is too long to be kept. */
function goesBack(scan: Scan, began: number): boolean {
  const { at } = scan;
  if (scan.state !== 'begin' || scan.base + at.bytes.length - scan.from > RECORD_LIMIT) return false;
  at.pos = began;
  at.line = scan.line;
  return true;
}

/** Forgets what was read of a record that is too long, up to the cell at hand. */
function forget(scan: Scan): null {
  const { at } = scan;
  scan.state = 'tooLong';
  scan.midCell = at.quotedAt < 0;
  if (at.quotedAt >= 0) at.pos = at.quotedAt;
  at.cells = [];
  return null;
}

/** Ends a record with a bad quote where the physical line ends that opened it. */
function readBadLine(scan: Scan, began: number): CsvRecord | null {
  if (readLine(scan.at)) return finish(scan, scan.fault);
  if (goesBack(scan, began)) return null;
  scan.state = 'badLine';
  scan.at.cells = [];
  return null;
}

function finish(scan: Scan, fault: Fault | null): CsvRecord {
  const { at, line, from } = scan;
  const to = scan.base + at.pos;
  scan.state = 'begin';
  return { line, nextLine: at.line, from, to, cells: to - from > RECORD_LIMIT ? [] : at.cells, fault };
}

/** Whether a cell holds nothing, white space aside. */
export function isBlank(cell: string): boolean {
  const first = cell.charCodeAt(0);
  return !(first > 0x20 && first < 0x7f) && normalText(cell) === '';
}
