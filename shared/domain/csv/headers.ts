import { ULID_PATTERN } from '../id.ts';
import { FORBIDDEN_NAMES, KEY_PATTERN, type PropertyType, RESERVED_KEYS, type Schema } from '../properties/property.ts';
import { headerWord } from './column-key.ts';
import { type Column, type ColumnWarning, leftOut, type NewProperty } from './columns.ts';
import { isOurs } from './failed-rows.ts';
import { type Failed, failed } from './failure.ts';
import { type Frame, headerText } from './frame.ts';
import { columnOf, columnOfField, matchHeaders } from './match.ts';
import { checkHeader, checkRoom, settleUnknown, type UnknownColumns } from './unknown-columns.ts';

/** What a mapping makes of a header: a field, nothing, or a property of this key and type. */
type Target = string | null | { readonly key: string; readonly type: PropertyType };

/** What each column of a file gives, the properties it needs first, and what people should know about it. */
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

/** A plan that is being made: columns by index, undefined while open. */
type Draft = {
  readonly header: readonly string[];
  readonly schema: Schema;
  readonly columns: (Column | undefined)[];
  readonly create: NewProperty[];
  readonly warnings: ColumnWarning[];
};

const READ_ONLY: ReadonlySet<string> = new Set(['source', 'createdAt', 'updatedAt', 'lastSeenAt', 'version']);

/**
 * Decides what the columns of a file give: by the job's mapping, the exact key, the label, a synonym, in this order; and
 * what becomes of the others.
 *
 * Fails with `emptyHeader`, `forbiddenHeader`, `duplicateHeader`, `unknownColumn`, `unknownField`, `invalidOption`,
 * `tooManyProperties` or `noIdentifierColumn`.
 */
export function planColumns(
  frame: Pick<Frame, 'header' | 'sample'>,
  options: ColumnOptions,
  schema: Schema,
): ColumnPlan | Failed {
  const { header, sample } = frame;
  const draft: Draft = { header, schema, columns: header.map(() => undefined), create: [], warnings: [] };
  // Who copies a header from the file need not know in which form of Unicode it stands there.
  const mapping = Object.entries(options.mapping).map(([name, target]) => [headerText(name), target] as const);
  const failure =
    checkHeader(header, new Set(mapping.map(([name]) => name))) ??
    applyMapping(draft, mapping) ??
    setOursApart(draft) ??
    matchRest(draft, sample) ??
    settleRest(draft, options.unknownColumns) ??
    checkRoom(draft.create, schema);
  if (failure) return failure;
  const columns = draft.columns.map((column, index) => column ?? leftOut(header[index] ?? ''));
  if (columns.some((column) => column.identifier || column.field === 'id')) {
    return { columns, create: draft.create, warnings: draft.warnings };
  }
  const detail = `No column identifies users: one of ${schema.identifiers.join(', ')} is needed.`;
  return failed('noIdentifierColumn', detail, 1);
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
  if (!KEY_PATTERN.test(key) || RESERVED_KEYS.has(key) || FORBIDDEN_NAMES.has(key)) {
    return failed('invalidOption', 'The mapping declares a property whose key is not allowed or is reserved.');
  }
  create.push({ key, label: header, type });
  return columnOf(header, { key, type, identifier: false });
}

/** Leaves out the columns that only Roster sets, and those that it puts behind failed rows. */
function setOursApart(draft: Draft): null {
  for (const index of openIn(draft)) {
    const name = draft.header[index] ?? '';
    if (isOurs(name)) draft.columns[index] = leftOut(name);
    if (!READ_ONLY.has(name) && !name.startsWith('company.')) continue;
    draft.columns[index] = leftOut(name);
    draft.warnings.push({
      code: 'readOnlyColumn',
      field: name,
      detail: `Column "${name}" was ignored: only Roster sets it.`,
    });
  }
  return null;
}

function matchRest(draft: Draft, sample: Frame['sample']): null {
  const idAt = openIn(draft).find((index) => headerWord(draft.header[index] ?? '') === 'id');
  const open = openIn(draft).filter((index) => index !== idAt);
  for (const [index, column] of matchHeaders(draft.header, open, takenBy(draft), draft.schema))
    draft.columns[index] = column;
  if (idAt !== undefined) draft.columns[idAt] = idColumn(draft, idAt, sample);
  return null;
}

/** A column `id` is ours when it holds nothing but our ids; else it is the company's own, unless another column is. */
function idColumn(draft: Draft, index: number, sample: Frame['sample']): Column | undefined {
  const header = draft.header[index] ?? '';
  const taken = takenBy(draft);
  const ids = sample.map((cells) => (cells[index] ?? '').trim()).filter(Boolean);
  if (ids.every((id) => ULID_PATTERN.test(id)))
    return taken.has('id') ? undefined : { ...leftOut(header), field: 'id' };
  if (taken.has('userId')) return undefined;
  const detail = `Column "${header}" holds no ids of Roster's: it was read as userId.`;
  draft.warnings.push({ code: 'idAsUserId', field: 'userId', detail });
  return columnOf(header, { key: 'userId', type: 'text', identifier: true });
}

function settleRest(draft: Draft, how: UnknownColumns): Failed | null {
  for (const index of openIn(draft)) {
    const settled = settleUnknown(draft.header[index] ?? '', how, takenBy(draft), draft.schema);
    if ('failure' in settled) return settled;
    draft.columns[index] = settled.column;
    if (settled.create) draft.create.push(settled.create);
    draft.warnings.push(settled.warning);
  }
  return null;
}

function openIn({ header, columns }: Draft): number[] {
  return [...header.keys()].filter((index) => columns[index] === undefined);
}

function takenBy({ columns }: Draft): ReadonlySet<string> {
  return new Set(columns.flatMap((column) => (column && column.field !== null ? [column.field] : [])));
}
