import { Fault } from '../errors.ts';
import type { Change, ListChange, RowFault } from '../users/change.ts';
import { cellReader, readDatetimeCell } from '../values/cell.ts';
import { readCompaniesCell, readTags, readTagsCell } from '../values/list.ts';
import { signedUpAtCheck } from '../values/signed-up-at.ts';
import { readStatus } from '../values/status.ts';
import { normalText } from '../values/text.ts';
import type { Locale, Value } from '../values/value.ts';
import { type Column, fillersOf, firstGiven, surplusTest } from './columns.ts';
import { NOT_CORRECTED, notCorrectedReader } from './failed-rows.ts';
import { unescapeFormula } from './formula.ts';
import type { ImportOptions } from './options.ts';
import type { CsvRecord } from './records.ts';

/** A row as the change it asks for; `id` is what it says in a column of our ids. */
export type ReadRow = { readonly line: number; readonly id: string | null; readonly change: Change };
/** A row that cannot be applied, with everything that is wrong in it. */
export type FaultyRow = { readonly line: number; readonly faults: readonly RowFault[] };

/**
 * How rows become changes. `now` is in milliseconds since 1970; `liveKeys` are the properties that `replace` clears where a
 * row does not give them.
 */
export type RowSettings = {
  readonly columns: readonly Column[];
  readonly options: Pick<ImportOptions, 'onConflict' | 'blankCells' | 'tags' | 'addTags'>;
  readonly locale: Locale;
  readonly now: number;
  readonly liveKeys: readonly string[];
};

/** A row that is being read. `identified` also when an identifier is there but wrong: that fault says enough. */
type Draft = {
  id: string | null;
  identified: boolean;
  readonly change: { -readonly [Key in keyof Change]: Change[Key] } & {
    readonly properties: Record<string, Value | null>;
  };
};

/** Puts a cell into the row, or says what is wrong with it. */
type Take = (cell: string, draft: Draft) => Fault | null;

/** A column's place and those of the columns that fill it, its field, and the function that takes its cells. */
type Taker = {
  readonly index: number;
  readonly fillers: readonly number[];
  readonly field: string;
  readonly take: Take;
};

const TOO_FEW = 'Has fewer cells than the header: a delimiter is missing.';
const TOO_MANY = 'Has more cells than the header: quote the cells that hold the delimiter.';
const NO_IDENTIFIER = { code: 'noIdentifier', detail: 'Has no identifier: give at least one.' } as const;

/** A reader of rows, compiled for the columns of one file. */
export function rowReader(settings: RowSettings): (record: CsvRecord) => ReadRow | FaultyRow {
  const { columns } = settings;
  const takers = columns.flatMap((column, index) => {
    const take = takerOf(column, settings);
    const field = column.field ?? '';
    return take ? [{ index, fillers: fillersOf(columns, field), field, take }] : [];
  });
  const begin = beginner(settings);
  const shapeFault = shapeCheck(columns);
  return (record) => {
    const { line } = record;
    const misshapen = shapeFault(record);
    if (misshapen) return { line, faults: [misshapen] };
    const draft = begin();
    const faults = fill(draft, record.cells, takers);
    return faults.length > 0 ? { line, faults } : { line, id: draft.id, change: draft.change };
  };
}

function fill(draft: Draft, cells: readonly string[], takers: readonly Taker[]): readonly RowFault[] {
  const faults: RowFault[] = [];
  for (const { index, fillers, field, take } of takers) {
    const wrong = take(firstGiven(cells, index, fillers), draft);
    if (wrong) faults.push({ code: wrong.code, field, detail: wrong.detail });
  }
  if (!draft.identified) faults.push(NO_IDENTIFIER);
  return faults;
}

/** Tells what is wrong with a row as a whole: then its cells stand under the wrong headers and say nothing. */
function shapeCheck(columns: readonly Column[]): (record: CsvRecord) => RowFault | null {
  const hasSurplus = surplusTest(columns);
  const notCorrected = notCorrectedReader(columns.map(({ header }) => header));
  return ({ cells, fault }) => {
    if (fault) return { code: fault.code, detail: fault.detail };
    if (cells.length < columns.length) return { code: 'tooFewCells', detail: TOO_FEW };
    if (hasSurplus(cells)) return { code: 'tooManyCells', detail: TOO_MANY };
    const { raw, surplus } = notCorrected(cells);
    return raw === '' && surplus.length === 0 ? null : { code: NOT_CORRECTED.code, detail: NOT_CORRECTED.detail };
  };
}

/** What properties inherit from: nothing. (An object without any prototype would be kept as a hash table, at twice the cost.) */
const NOTHING: object = Object.freeze(Object.create(null));

/** Makes the row that one without any cells would be. */
function beginner({ options, liveKeys }: RowSettings): () => Draft {
  const addTags = readTags(options.addTags);
  const tags = addTags instanceof Fault || addTags.length === 0 ? null : addTags;
  const replaces = options.onConflict === 'replace';
  const cleared = replaces ? liveKeys : [];
  const mode = replaces ? options.tags : 'merge';
  return () => {
    const properties: Record<string, Value | null> = Object.create(NOTHING);
    for (const key of cleared) properties[key] = null;
    const change: Draft['change'] = { properties };
    if (tags || mode === 'replace') change.tags = { mode, values: tags ?? [] };
    return { id: null, identified: false, change };
  };
}

function takerOf(column: Column, settings: RowSettings): Take | null {
  const { field, type, identifier } = column;
  if (field === null) return null;
  if (type !== null)
    return takeProperty(field, cellReader({ type, identifier }, settings.locale), identifier, settings);
  switch (field) {
    case 'id':
      return takeText((text, draft) => {
        draft.id = text;
        draft.identified = true;
        return null;
      });
    case 'tags':
      return takeList(readTagsCell, settings, putTags);
    case 'companies':
      return takeList(readCompaniesCell, settings, (draft, companies) => {
        draft.change.companies = companies;
        return null;
      });
    case 'status':
      return takeText((text, draft) => {
        const status = readStatus(text);
        if (status instanceof Fault) return status;
        draft.change.status = status;
        return null;
      });
    default:
      return takeSignedUpAt(settings);
  }
}

function takeSignedUpAt({ locale, now }: RowSettings): Take {
  const check = signedUpAtCheck(now);
  return takeText((text, draft) => {
    const read = readDatetimeCell(text, locale);
    const at = read === null ? null : check(read);
    if (at instanceof Fault) return at;
    if (at !== null) draft.change.signedUpAt = at;
    return null;
  });
}

function takeProperty(
  key: string,
  read: (cell: string) => Value | null | Fault,
  identifier: boolean,
  { options }: RowSettings,
): Take {
  const clears = options.blankCells === 'clear';
  return (cell, draft) => {
    const value = read(unescapeFormula(cell));
    if (value === null) {
      if (clears) draft.change.properties[key] = null;
      return null;
    }
    if (identifier) draft.identified = true;
    if (value instanceof Fault) return value;
    draft.change.properties[key] = value;
    return null;
  };
}

/** A cell that counts only when it is not blank. */
function takeText(take: (text: string, draft: Draft) => Fault | null): Take {
  return (cell, draft) => {
    const text = normalText(unescapeFormula(cell));
    if (text instanceof Fault) return text;
    return text === '' ? null : take(text, draft);
  };
}

/** A list in a cell, in the mode of the import; a blank one clears the list where blank cells clear. */
function takeList(
  read: (text: string) => readonly string[] | Fault,
  { options }: RowSettings,
  put: (draft: Draft, list: ListChange) => Fault | null,
): Take {
  const clears = options.blankCells === 'clear';
  return (cell, draft) => {
    const text = normalText(unescapeFormula(cell));
    if (text instanceof Fault) return text;
    const values = text === '' ? [] : read(text);
    if (values instanceof Fault) return values;
    if (values.length > 0) return put(draft, { mode: options.tags, values });
    return clears ? put(draft, { mode: 'replace', values }) : null;
  };
}

/** The row's own tags with those that the import adds to every row, which the row holds already. */
function putTags(draft: Draft, { mode, values }: ListChange): Fault | null {
  const all = draft.change.tags ? readTags([...values, ...draft.change.tags.values]) : values;
  if (all instanceof Fault) return all;
  draft.change.tags = { mode, values: all };
  return null;
}
