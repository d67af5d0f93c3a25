import { Fault } from '../errors.ts';
import type { Change, ListChange } from '../users/change.ts';
import { cellReader, readDatetimeCell } from '../values/cell.ts';
import { readCompaniesCell, readTags, readTagsCell } from '../values/list.ts';
import { signedUpAtCheck } from '../values/signed-up-at.ts';
import { readStatus } from '../values/status.ts';
import { normalText } from '../values/text.ts';
import type { Locale, Value } from '../values/value.ts';
import type { Column } from './columns.ts';
import { unescapeFormula } from './formula.ts';
import type { ImportOptions } from './options.ts';

/**
 * The settings by which rows become changes. `now` is in milliseconds since 1970; `liveKeys` are the properties that
 * `replace` clears where a row does not give them.
 */
export type RowSettings = {
  readonly columns: readonly Column[];
  readonly options: Pick<ImportOptions, 'badCells' | 'onConflict' | 'blankCells' | 'tags' | 'addTags'>;
  readonly locale: Locale;
  readonly now: number;
  readonly liveKeys: readonly string[];
};

/** A row that is being read. `identified`: it gives a good identifier. */
export type Draft = {
  id: string | null;
  identified: boolean;
  readonly change: { -readonly [Key in keyof Change]: Change[Key] } & {
    readonly properties: Record<string, Value | null>;
  };
};

/** Puts a cell into the row, or answers what is wrong with it. */
export type Take = (cell: string, draft: Draft) => Fault | null;

/** The prototype of properties, which has nothing. (V8 keeps an object without any prototype as a hash table, at twice the cost.) */
const NOTHING: object = Object.freeze(Object.create(null));

/** Makes rows as they are before their first cell, and leaves fields of them as the user has them. */
export type Drafts = {
  readonly begin: () => Draft;
  /** Takes back what the row says of a field by itself: under `replace`, that it is cleared. */
  readonly leave: (draft: Draft, field: string) => void;
};

/** The drafts of the rows of one file. */
export function drafts({ options, liveKeys }: RowSettings): Drafts {
  const addTags = readTags(options.addTags);
  const tags = addTags instanceof Fault || addTags.length === 0 ? null : addTags;
  const replaces = options.onConflict === 'replace';
  const cleared = replaces ? liveKeys : [];
  const mode = replaces ? options.tags : 'merge';
  const begin = (): Draft => {
    const properties: Record<string, Value | null> = Object.create(NOTHING);
    for (const key of cleared) properties[key] = null;
    const change: Draft['change'] = { properties };
    if (tags || mode === 'replace') change.tags = { mode, values: tags ?? [] };
    return { id: null, identified: false, change };
  };
  const leave = ({ change }: Draft, field: string): void => {
    change.keep = [...(change.keep ?? []), field];
    delete change.properties[field];
    if (field !== 'tags') return;
    if (tags) change.tags = { mode: 'merge', values: tags };
    else delete change.tags;
  };
  return { begin, leave };
}

/** The function that takes the cells of a column; null for a column that gives nothing. */
export function takerOf(column: Column, settings: RowSettings): Take | null {
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
    if (value instanceof Fault) return value;
    if (identifier) draft.identified = true;
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
