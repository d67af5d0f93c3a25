import { FORBIDDEN_NAMES, MAX_PROPERTIES, type Schema } from '../properties/property.ts';
import { isLongerThan, TEXT_LIMIT } from '../values/text.ts';
import { isBlank } from './cells.ts';
import { freeKey, keyOfHeader } from './column-key.ts';
import { type Column, type ColumnWarning, columnOf, leftOut, letterOf, type NewProperty } from './columns.ts';
import { type Failed, failed } from './failure.ts';
import { headerWord } from './synonyms.ts';

/** The treatment of a column that means none of our fields. */
export type UnknownColumns = 'create' | 'ignore' | 'fail';

/**
 * A column that gives none of our fields: its header, the cells of it in the head of the file, and the column that has the
 * field which this one means as well, if there is one.
 */
export type OpenColumn = {
  readonly header: string;
  readonly cells: readonly string[];
  readonly second: { readonly field: string; readonly winner: string } | null;
};

/** An unknown column as it is read from now on, with the property that it needs and a warning for the job. */
export type Settled = { readonly column: Column; readonly create?: NewProperty; readonly warning: ColumnWarning };

/** The keys that the other columns of the file give, and the live schema. */
type Others = { readonly taken: ReadonlySet<string>; readonly schema: Schema };

/**
 * Settles a column that gives none of our fields. One that names an archived property is left out, since that accepts no
 * values; the others become text properties, whatever they hold: types are not guessed. A column that means a field which
 * another column has fills the blank cells of that one, even when it becomes no property.
 */
export function settleUnknown(open: OpenColumn, how: UnknownColumns, others: Others): Settled | Failed {
  const { header, second } = open;
  if (how === 'fail') {
    const why = second ? `means ${second.field}, which column "${second.winner}" gives` : 'is no field';
    return failed(
      'unknownColumn',
      `Column "${header}" ${why}: map it, leave it out (null) or declare the property.`,
      1,
    );
  }
  if (how === 'ignore') return ignored(open, 'it was ignored');
  if (namesArchived(header, others.schema)) {
    return ignored(open, 'it names an archived property and was ignored: restore the property to import it');
  }
  return created(open, others);
}

function created(open: OpenColumn, { taken, schema }: Others): Settled {
  const { header } = open;
  const own = keyOfHeader(header);
  const known = schema.properties.get(own);
  if (known && !known.archived && !taken.has(own)) {
    return settled(open, columnOf(header, known), `it was read as the property ${own}`);
  }
  const key = freeKey(own, (name) => taken.has(name) || schema.properties.has(name));
  const type = open.cells.some((cell) => isLongerThan(cell, TEXT_LIMIT)) ? 'longText' : 'text';
  const kind = type === 'text' ? 'text' : 'long text';
  const column = columnOf(header, { key, type, identifier: false });
  return {
    ...settled(open, column, `it became the new ${kind} property ${key}`),
    create: { key, label: header, type },
  };
}

function ignored(open: OpenColumn, became: string): Settled {
  return settled(open, leftOut(open.header), became);
}

function settled({ header, second }: OpenColumn, column: Column, became: string): Settled {
  if (second) return asSecond(column, second, became);
  const detail = `Column "${header}" is none of the fields: ${became}.`;
  return { column, warning: { code: 'unknownColumn', field: column.field ?? header, count: 1, detail } };
}

/** A column that means a field which another column has: it fills the blank cells of that one. */
export function asSecond(
  column: Column,
  { field, winner }: NonNullable<OpenColumn['second']>,
  became = `it gives ${column.field}`,
): Settled {
  const detail = `Columns "${winner}" and "${column.header}" both mean ${field}. "${winner}" has it; "${column.header}" fills it where that is blank, and ${became}.`;
  return { column: { ...column, fills: field }, warning: { code: 'secondColumn', field, count: 1, detail } };
}

function namesArchived(header: string, schema: Schema): boolean {
  const [word, key] = [headerWord(header), keyOfHeader(header)];
  return [...schema.properties.values()].some(
    (property) => property.archived && (property.key === key || (word !== '' && headerWord(property.label) === word)),
  );
}

/** Fails when these properties would be more than a deployment may have. */
export function checkRoom(create: readonly NewProperty[], schema: Schema): Failed | null {
  const live = [...schema.properties.values()].filter((property) => !property.archived).length;
  if (create.length === 0 || live + create.length <= MAX_PROPERTIES) return null;
  const detail = `Would make ${create.length} properties, and ${live} of ${MAX_PROPERTIES} are there: map or leave out columns.`;
  return failed('tooManyProperties', detail, 1);
}

/**
 * Fails when a header is blank over values, names a part of an object's prototype, or is another one but for case.
 *
 * @param mapped the headers that a mapping names, which can only be mistaken for the very same text
 * @param isField says if a text is the exact key of a live field
 */
export function checkHeader(
  header: readonly string[],
  sample: readonly (readonly string[])[],
  mapped: ReadonlySet<string>,
  isField: (name: string) => boolean,
): Failed | null {
  const seen = new Map<string, string[]>();
  const areTwo = (one: string, other: string) =>
    one !== other && (mapped.has(one) || mapped.has(other) || (isField(one) && isField(other)));
  for (const [index, name] of header.entries()) {
    const faulty = headerFault(name, index, sample);
    if (faulty) return faulty;
    const alike = seen.get(name.toLowerCase()) ?? [];
    const twin = name === '' ? undefined : alike.find((other) => !areTwo(other, name));
    if (twin !== undefined) {
      return failed('duplicateHeader', `Two columns are called "${twin}" and "${name}": rename one.`, 1);
    }
    seen.set(name.toLowerCase(), [...alike, name]);
  }
  return null;
}

function headerFault(name: string, index: number, sample: readonly (readonly string[])[]): Failed | null {
  if (name === '' && !sample.every((cells) => isBlank(cells[index] ?? ''))) {
    return failed('emptyHeader', `Column ${letterOf(index)} has values and no header: name it or delete it.`, 1);
  }
  if (name === '' || isAllowed(name)) return null;
  return failed('forbiddenHeader', `The header of column ${letterOf(index)} cannot be used: rename it.`, 1);
}

/** A header is text of at most 255 characters, since it becomes a label. Spreadsheets wrap long ones over several lines. */
function isAllowed(header: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: headers with these characters are refused.
  return !FORBIDDEN_NAMES.has(header) && !/[\0-\x08\x0b-\x1f]/.test(header) && header.length <= 255;
}
