import { FIXED_FIELDS, type Schema } from '../properties/property.ts';
import type { User } from '../users/user.ts';
import { writeTags } from '../values/list.ts';
import { writeCell } from '../values/print.ts';
import type { Value } from '../values/value.ts';
import { escapeFormula, type FileProfile } from './formula.ts';

const BOM = '\ufeff';
const NEWLINE = '\r\n';
/** Text that stands in a cell as it is, in every profile. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: CR and LF need quotes, and a TAB in front an escape.
const PLAIN = /^[^'=+\-@\x09\x0d\x0a＝＋－＠",][^",\x0d\x0a]*$/;
const NEEDS_QUOTES = /[",\r\n]/;

/** One line of a file, its newline included; the cells are written as they are, in quotes where needed. */
export function csvLine(cells: readonly string[]): string {
  return cells.map(quoted).join(',') + NEWLINE;
}

/** A text as a cell of a file of this profile, formula escape and quotes included. */
export function textCell(text: string, profile: FileProfile): string {
  return text === '' || PLAIN.test(text) ? text : quoted(escapeFormula(text, profile));
}

/** The beginning of a file of this profile: a BOM for spreadsheets, and the header. */
export function fileStart(header: readonly string[], profile: FileProfile): string {
  return (profile === 'spreadsheet' ? BOM : '') + csvLine(header.map((name) => escapeFormula(name, profile)));
}

/**
 * All live fields, in the order in which files show them: `id`, the identifiers, the other system properties, the custom
 * ones by key, and the fields that are no properties.
 */
export function exportFields(schema: Schema): readonly string[] {
  const { id: _id, ...fixed } = FIXED_FIELDS;
  return ['id', ...propertyFields(schema), ...Object.keys(fixed)];
}

/** The live properties, in the order in which files show them. */
export function propertyFields({ properties, identifiers }: Schema): readonly string[] {
  const others = [...properties.values()].filter(
    (property) => !property.archived && !identifiers.includes(property.key),
  );
  const keysOf = (origin: 'system' | 'custom') =>
    others.filter((property) => property.origin === origin).map((property) => property.key);
  return [...identifiers, ...keysOf('system'), ...keysOf('custom').toSorted()];
}

/** A writer of users as lines of a file with these fields, newline included. A field that a user does not have is blank. */
export function userWriter(fields: readonly string[], profile: FileProfile): (user: User) => string {
  const writers = fields.map((field) => cellWriter(field, profile));
  return (user) => {
    let line = '';
    for (const write of writers) line += `${write(user)},`;
    return line.slice(0, -1) + NEWLINE;
  };
}

function cellWriter(field: string, profile: FileProfile): (user: User) => string {
  switch (field) {
    case 'tags':
    case 'companies':
      return (user) => textCell(writeTags(user[field]), profile);
    case 'id':
    case 'status':
    case 'source':
    case 'signedUpAt':
    case 'createdAt':
    case 'updatedAt':
    case 'lastSeenAt':
      return (user) => user[field] ?? '';
    default:
      return (user) => valueCell(user.properties[field], profile);
  }
}

function valueCell(value: Value | undefined, profile: FileProfile): string {
  if (typeof value === 'string') return textCell(value, profile);
  if (value === undefined) return '';
  return typeof value === 'object' ? textCell(writeCell(value), profile) : writeCell(value);
}

function quoted(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
