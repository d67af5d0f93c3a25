import { Fault } from '../errors.ts';
import { ULID_PATTERN } from '../id.ts';
import { keyFault } from '../properties/input.ts';
import { FIXED_FIELDS, type PropertyType, type Schema } from '../properties/property.ts';
import { readStatus } from '../values/status.ts';
import { advised } from './advice.ts';
import { type Column, type ColumnWarning, columnOf, leftOut, type NewProperty } from './columns.ts';
import { isOurs } from './failed-rows.ts';
import { type Failed, failed } from './failure.ts';
import { cellText, type Frame } from './frame.ts';
import { columnOfField, matchHeaders } from './match.ts';
import { headerWord } from './synonyms.ts';
import {
  asSecond,
  checkHeader,
  checkRoom,
  type Settled,
  settleUnknown,
  type UnknownColumns,
} from './unknown-columns.ts';

/** The meaning that a mapping gives a header: a field, nothing, or a property of this key and type. */
type Target = string | null | { readonly key: string; readonly type: PropertyType };

/** The meaning of each column of a file, the properties that have to be declared first, and warnings for the job. */
export type ColumnPlan = {
  readonly columns: readonly Column[];
  readonly create: readonly NewProperty[];
  readonly warnings: readonly ColumnWarning[];
};

/** The options of an import that decide about columns. */
export type ColumnOptions = {
  readonly mapping: Readonly<Record<string, Target>>;
  readonly unknownColumns: UnknownColumns;
};

/** The parts of a file's frame that decide about columns. */
export type HeaderFrame = Pick<Frame, 'header' | 'sample' | 'headerLine' | 'opening'>;

/** A plan that is being made: columns by index, undefined while open. */
type Draft = {
  readonly header: readonly string[];
  readonly sample: Frame['sample'];
  readonly schema: Schema;
  readonly columns: (Column | undefined)[];
  readonly create: NewProperty[];
  readonly warnings: ColumnWarning[];
};

const READ_ONLY: ReadonlySet<string> = new Set(['source', 'createdAt', 'updatedAt', 'lastSeenAt', 'version']);

/**
 * Decides what the columns of a file give: by the job's mapping, the exact key, a synonym of a system field, the label, in
 * this order; and what becomes of the others.
 *
 * Fails with `emptyHeader`, `forbiddenHeader`, `duplicateHeader`, `unknownColumn`, `unknownField`, `invalidOption`,
 * `tooManyProperties` or `noIdentifierColumn`; the failure says how to mend the file, or which option to send.
 */
export function planColumns(frame: HeaderFrame, options: ColumnOptions, schema: Schema): ColumnPlan | Failed {
  const plan = planOf(frame, options, schema);
  return 'failure' in plan ? advised(plan, frame, schema) : plan;
}

function planOf({ header, sample }: HeaderFrame, options: ColumnOptions, schema: Schema): ColumnPlan | Failed {
  const draft: Draft = { header, sample, schema, columns: header.map(() => undefined), create: [], warnings: [] };
  // Who copies a header from the file need not know in which form of Unicode it stands there.
  const mapping = Object.entries(options.mapping).map(([name, target]) => [cellText(name), target] as const);
  const mapped = new Set(mapping.map(([name]) => name));
  const failure =
    checkHeader(header, sample, mapped, (name) => isLiveField(name, schema)) ??
    applyMapping(draft, mapping) ??
    setOursApart(draft) ??
    matchRest(draft, options.unknownColumns) ??
    checkRoom(draft.create, schema);
  if (failure) return failure;
  const columns = draft.columns.map((column, index) => column ?? leftOut(header[index] ?? ''));
  if (columns.some((column) => column.identifier || column.field === 'id')) {
    return { columns, create: draft.create, warnings: joined(draft.warnings) };
  }
  const detail = `No column identifies users: one of ${schema.identifiers.join(', ')} is needed.`;
  return failed('noIdentifierColumn', detail, 1);
}

/** Warnings with one entry for each code and field. */
function joined(warnings: readonly ColumnWarning[]): readonly ColumnWarning[] {
  const entries = new Map<string, ColumnWarning>();
  for (const warning of warnings) {
    const place = `${warning.code} ${warning.field}`;
    const { count, detail } = entries.get(place) ?? { count: 0, detail: '' };
    entries.set(place, { ...warning, count: count + 1, detail: `${detail} ${warning.detail}`.trim() });
  }
  return [...entries.values()];
}

function isLiveField(name: string, schema: Schema): boolean {
  return Object.hasOwn(FIXED_FIELDS, name) || schema.properties.get(name)?.archived === false;
}

function applyMapping(draft: Draft, mapping: readonly (readonly [string, Target])[]): Failed | null {
  for (const [name, target] of mapping) {
    const index = draft.header.indexOf(name);
    if (index < 0)
      return failed('unknownColumn', `The mapping names a column "${name}" that the file does not have.`, 1);
    const column = mappedColumn(draft, name, target);
    if ('failure' in column) return column;
    if (column.field !== null && takenBy(draft).has(column.field)) {
      return failed('invalidOption', `The mapping gives the field ${column.field} to two columns.`);
    }
    draft.columns[index] = column;
  }
  return null;
}

function mappedColumn(draft: Draft, header: string, target: Target): Column | Failed {
  if (target === null) return leftOut(header);
  if (typeof target === 'object') return declaredColumn(draft, header, target);
  const column = columnOfField(header, target, draft.schema);
  return (
    column ?? failed('unknownField', `The mapping names a field "${target}" that does not exist or cannot be imported.`)
  );
}

function declaredColumn(
  { schema, create }: Draft,
  header: string,
  { key, type }: Exclude<Target, string | null>,
): Column | Failed {
  const known = schema.properties.get(key);
  if (known?.archived)
    return failed('unknownField', `The mapping names the archived property ${key}: restore it first.`);
  if (known && known.type !== type) {
    return failed('invalidOption', `The mapping declares ${key} as ${type}, but it is ${known.type}.`);
  }
  if (known) return columnOf(header, known);
  const fault = keyFault(key, 'user');
  if (fault) return failed('invalidOption', `The mapping declares a property of a key that cannot be. ${fault.detail}`);
  create.push({ key, label: header, type });
  return columnOf(header, { key, type, identifier: false });
}

/** Leaves out blank columns, those that only Roster sets, and those that it puts behind failed rows. */
function setOursApart(draft: Draft): null {
  for (const index of openIn(draft)) {
    const name = draft.header[index] ?? '';
    if (name === '') draft.columns[index] = { ...leftOut(name), isSpacer: true };
    if (isOurs(name)) draft.columns[index] = leftOut(name);
    if (!READ_ONLY.has(name) && !name.startsWith('company.')) continue;
    draft.columns[index] = leftOut(name);
    draft.warnings.push({
      code: 'readOnlyColumn',
      field: name,
      count: 1,
      detail: `Column "${name}" was ignored: only Roster sets it.`,
    });
  }
  return null;
}

/** Finds the fields of the columns that are open, and settles those that have none. */
function matchRest(draft: Draft, how: UnknownColumns): Failed | null {
  const open = openIn(draft);
  const idAt = open.find((index) => headerWord(draft.header[index] ?? '') === 'id');
  // A column that uses our field's name for words of its own is no such field; the label may still find its property.
  const hidden = open.find((index) => draft.header[index] === 'status' && !holdsStatuses(cellsAt(draft, index)));
  const fixed = new Set([...takenBy(draft), ...(hidden === undefined ? [] : ['status'])]);
  const { columns, seconds } = matchHeaders(
    draft.header,
    open.filter((index) => index !== idAt),
    fixed,
    draft.schema,
  );
  for (const [index, column] of columns) draft.columns[index] = column;
  if (idAt !== undefined) draft.columns[idAt] = idColumn(draft, idAt);
  return settleRest(draft, how, new Map([...seconds].filter(([index]) => index !== hidden)));
}

function holdsStatuses(cells: readonly string[]): boolean {
  return cells.every((cell) => !(readStatus(cell) instanceof Fault));
}

/** A column `id` is ours when it holds nothing but our ids; else it is the company's own, unless another column is. */
function idColumn(draft: Draft, index: number): Column | undefined {
  const header = draft.header[index] ?? '';
  const taken = takenBy(draft);
  if (cellsAt(draft, index).every((id) => ULID_PATTERN.test(id)))
    return taken.has('id') ? undefined : { ...leftOut(header), field: 'id' };
  if (taken.has('userId')) return undefined;
  const detail = `Column "${header}" holds no ids of Roster's: it was read as userId. Map it to say what it is.`;
  draft.warnings.push({ code: 'idAsUserId', field: 'userId', count: 1, detail });
  return { ...columnOf(header, { key: 'userId', type: 'text', identifier: true }), isGuess: true };
}

/** @param seconds the field that a column means and another one has, by the column's index */
function settleRest(draft: Draft, how: UnknownColumns, seconds: ReadonlyMap<number, string>): Failed | null {
  for (const index of draft.header.keys()) {
    if (draft.columns[index] && !seconds.has(index)) continue;
    const settled = settledColumn(draft, index, how, seconds.get(index));
    if ('failure' in settled) return settled;
    draft.columns[index] = settled.column;
    if (settled.create) draft.create.push(settled.create);
    draft.warnings.push(settled.warning);
  }
  return null;
}

/** @param field the field that the column means as well, and that another column has */
function settledColumn(draft: Draft, index: number, how: UnknownColumns, field: string | undefined): Settled | Failed {
  const second = field === undefined ? null : { field, winner: winnerOf(draft, field) };
  const found = draft.columns[index];
  if (found && second) return asSecond(found, second);
  const header = draft.header[index] ?? '';
  const open = { header, cells: cellsAt(draft, index), second };
  // A header that is a key itself has that key, whichever column comes first.
  const others = draft.header.filter((name) => name !== header);
  return settleUnknown(open, how, { taken: new Set([...takenBy(draft), ...others]), schema: draft.schema });
}

function winnerOf({ columns }: Draft, field: string): string {
  return columns.find((column) => column?.field === field)?.header ?? field;
}

/** The cells of a column in the head of the file that are not blank. */
function cellsAt({ sample }: Draft, index: number): readonly string[] {
  return sample.map((cells) => cellText(cells[index] ?? '')).filter((cell) => cell !== '');
}

function openIn({ header, columns }: Draft): number[] {
  return [...header.keys()].filter((index) => columns[index] === undefined);
}

function takenBy({ columns }: Draft): ReadonlySet<string> {
  return new Set(columns.flatMap((column) => (column && column.field !== null ? [column.field] : [])));
}
