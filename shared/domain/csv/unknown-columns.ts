import { FORBIDDEN_NAMES, MAX_PROPERTIES, type Schema } from '../properties/property.ts';
import { freeKey, headerWord, keyOfHeader } from './column-key.ts';
import { type Column, type ColumnWarning, leftOut, type NewProperty } from './columns.ts';
import { type Failed, failed } from './failure.ts';
import { columnOf } from './match.ts';

/** What becomes of a column that means none of our fields. */
export type UnknownColumns = 'create' | 'ignore' | 'fail';

/** An unknown column as it is read from now on, with the property that it needs and the warning that it is worth. */
type Settled = { readonly column: Column; readonly create?: NewProperty; readonly warning: ColumnWarning };

/**
 * Settles a column that means none of our fields. One that names an archived property is left out, since that accepts no
 * values; the others become text properties, whatever they hold: types are not guessed.
 *
 * `taken` are the keys that other columns of the file give.
 */
export function settleUnknown(
  header: string,
  how: UnknownColumns,
  taken: ReadonlySet<string>,
  schema: Schema,
): Settled | Failed {
  if (how === 'fail') {
    return failed(
      'unknownColumn',
      `Column "${header}" is no field: map it, leave it out (null) or declare the property.`,
      1,
    );
  }
  if (how === 'ignore') return ignored(header, `Column "${header}" is no field and was ignored.`);
  if (namesArchived(header, schema)) {
    return ignored(
      header,
      `Column "${header}" names an archived property and was ignored: restore the property to import it.`,
    );
  }
  return created(header, taken, schema);
}

function created(header: string, taken: ReadonlySet<string>, schema: Schema): Settled {
  const own = keyOfHeader(header);
  const known = schema.properties.get(own);
  if (known && !known.archived && !taken.has(own)) {
    const warning = warningOf(own, `Column "${header}" was read as the property ${own}.`);
    return { column: columnOf(header, known), warning };
  }
  const key = freeKey(own, (name) => taken.has(name) || schema.properties.has(name));
  return {
    column: columnOf(header, { key, type: 'text', identifier: false }),
    create: { key, label: header, type: 'text' },
    warning: warningOf(key, `Column "${header}" was no field: it became the new text property ${key}.`),
  };
}

function ignored(header: string, detail: string): Settled {
  return { column: leftOut(header), warning: warningOf(header, detail) };
}

function warningOf(field: string, detail: string): ColumnWarning {
  return { code: 'unknownColumn', field, detail };
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

/** Fails when headers are blank, name parts of an object's prototype, or differ in nothing but case, spaces and punctuation. */
export function checkHeader(header: readonly string[], mapped: ReadonlySet<string>): Failed | null {
  const seen = new Map<string, string>();
  for (const [index, name] of header.entries()) {
    if (name === '') return failed('emptyHeader', `Column ${index + 1} has no header: name it or delete it.`, 1);
    if (!isAllowed(name))
      return failed('forbiddenHeader', `The header of column ${index + 1} cannot be used: rename it.`, 1);
    // What a mapping names on purpose can only be mistaken for the very same text.
    const word = mapped.has(name) ? name : name.toLowerCase().replace(/[^\p{L}\p{N}\p{M}]/gu, '') || name;
    const other = seen.get(word);
    if (other !== undefined)
      return failed('duplicateHeader', `Two columns are called "${other}" and "${name}": rename one.`, 1);
    seen.set(word, name);
  }
  return null;
}

/** A header is text of at most 255 characters, since it becomes a label. Spreadsheets wrap long ones over several lines. */
function isAllowed(header: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: headers with these characters are refused.
  return !FORBIDDEN_NAMES.has(header) && !/[\0-\x08\x0b-\x1f]/.test(header) && header.length <= 255;
}
