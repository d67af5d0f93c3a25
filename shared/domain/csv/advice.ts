import { Fault } from '../errors.ts';
import type { Failure } from '../jobs/job.ts';
import type { Schema } from '../properties/property.ts';
import { readEmailCell } from '../values/email.ts';
import { letterOf } from './columns.ts';
import type { Failed } from './failure.ts';
import { cellText, DELIMITERS, type Frame } from './frame.ts';
import { matchHeaders } from './match.ts';
import { recordScanner } from './records.ts';
import { headerWord } from './synonyms.ts';

type HeaderFrame = Pick<Frame, 'header' | 'sample' | 'headerLine' | 'opening'>;

/** Failures that a look at the header explains. */
const OF_HEADERS: ReadonlySet<Failure['code']> = new Set([
  'noIdentifierColumn',
  'emptyHeader',
  'duplicateHeader',
  'forbiddenHeader',
  'unknownColumn',
]);
const MOST_NAMES = 20;
const LONGEST_NAME = 60;
/** A column is said to hold something when at least this part of its cells does. */
const MOST_CELLS = 0.8;

/** A phone number with a country code, or of nine digits and more with signs between them: plain digits may be anything. */
const INTERNATIONAL = /^(?:\+|00)[\d\s()./-]{7,25}$/;
const NATIONAL = /^\(?\d+(?:[\s()./-]+\d+){1,6}$/;
const NATIONAL_DIGITS = 9;
const ADDRESS = /[^\s@]@[^\s@]/;
/** A number, a date, a time or a phone number: nothing but digits and the signs between them. */
const DIGITS = /^[\d\s().,:+/-]*\d[\d\s().,:+/-]*$/;

/**
 * The failure of a file with what mends it: the headers that were read, the later line that looks like the header, the
 * columns that hold e-mail addresses or phone numbers, and the option to send. When the header looks like a row, that is
 * said instead, and no cell of it is repeated.
 */
export function advised({ failure }: Failed, frame: HeaderFrame, schema: Schema): Failed {
  const placed = failure.line === undefined ? failure : { ...failure, line: frame.headerLine };
  if (!OF_HEADERS.has(failure.code)) return { failure: placed };
  const isRow = frame.header.some(looksLikeValue);
  const sentences = isRow ? [rowDetail(frame)] : [failure.detail, headersRead(frame)];
  const later = laterHeader(frame, schema);
  if (later !== null) {
    sentences.push(`Line ${later} looks like the header: send headerLine ${later}, or delete the lines above it.`);
  }
  if (failure.code === 'noIdentifierColumn' || isRow) sentences.push(...contents(frame, isRow));
  return { failure: { ...placed, detail: sentences.join(' ') } };
}

function looksLikeValue(cell: string): boolean {
  return ADDRESS.test(cell) || DIGITS.test(cell);
}

function rowDetail({ headerLine }: HeaderFrame): string {
  return `Line ${headerLine} looks like data, not like a header: put a line with the names of the columns above it, such as email,firstName.`;
}

function headersRead({ header, headerLine }: HeaderFrame): string {
  const names = header.filter((name) => name !== '');
  const told = names.slice(0, MOST_NAMES).map((name) => `"${shortened(name)}"`);
  const rest = names.length - told.length;
  return `Headers read on line ${headerLine}: ${told.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}

function shortened(name: string): string {
  const characters = [...name];
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME).join('')}…` : name;
}

/** The first line behind the header that names a field by which users are identified, and holds no values. */
function laterHeader({ opening, headerLine }: HeaderFrame, schema: Schema): number | null {
  const index = opening.findIndex((text, at) => at >= headerLine && isHeader(text, schema));
  return index < 0 ? null : index + 1;
}

function isHeader(text: string, schema: Schema): boolean {
  return DELIMITERS.some((delimiter) => {
    const [record] = recordScanner(delimiter).push(Buffer.from(text), true);
    const cells = record && !record.fault ? record.cells.map(cellText) : [];
    if (cells.length < 2 || cells.some(looksLikeValue)) return false;
    const { columns } = matchHeaders(cells, [...cells.keys()], new Set(), schema);
    return (
      [...columns.values()].some(({ identifier }) => identifier) || cells.some((cell) => headerWord(cell) === 'id')
    );
  });
}

/** Sentences about columns that hold e-mail addresses or phone numbers, with the option to send. */
function contents({ header, sample }: HeaderFrame, isRow: boolean): readonly string[] {
  const found = [
    { field: 'email', words: 'e-mail addresses', test: isEmail },
    { field: 'phone', words: 'phone numbers', test: isPhone },
  ];
  return found.flatMap(({ field, words, test }) => {
    const index = header.findIndex((name, at) => holds(sample, at, test) && (isRow || name !== ''));
    const name = header[index];
    if (name === undefined) return [];
    if (isRow) return [`Column ${letterOf(index)} holds ${words}: call it ${field}.`];
    return [`Column "${shortened(name)}" holds ${words}: send mapping ${JSON.stringify({ [name]: field })}.`];
  });
}

function isEmail(cell: string): boolean {
  return !(readEmailCell(cell) instanceof Fault);
}

function isPhone(cell: string): boolean {
  return INTERNATIONAL.test(cell) || (NATIONAL.test(cell) && cell.replaceAll(/\D/g, '').length >= NATIONAL_DIGITS);
}

function holds(sample: Frame['sample'], index: number, test: (cell: string) => boolean): boolean {
  const cells = sample.map((row) => cellText(row[index] ?? '')).filter((cell) => cell !== '');
  return cells.length > 0 && cells.filter(test).length >= cells.length * MOST_CELLS;
}
