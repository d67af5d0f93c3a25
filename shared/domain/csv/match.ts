import type { Property, Schema } from '../properties/property.ts';
import { headerWord } from './column-key.ts';
import { type Column, leftOut } from './columns.ts';
import { SYNONYMS } from './synonyms.ts';

/** The fields beside properties that a column may give: those with synonyms by these too, the others by their key alone. */
const FIXED = ['tags', 'companies', 'status', 'signedUpAt'] as const;

/** A field that a header may mean; the lower the rank, the better it says so. */
type Claim = { readonly index: number; readonly rank: number; readonly column: Column };

const RANK = { key: 0, label: 1, labelWord: 2, synonym: 3 } as const;

/** A column that gives a property. */
export function columnOf(
  header: string,
  { key, type, identifier }: Pick<Property, 'key' | 'type' | 'identifier'>,
): Column {
  return { header, field: key, type, identifier };
}

/** A column that gives a field people may name in a mapping or header; null when an import cannot write it. */
export function columnOfField(header: string, field: string, schema: Schema): Column | null {
  const property = schema.properties.get(field);
  if (property) return property.archived ? null : columnOf(header, property);
  return field === 'id' || FIXED.some((name) => name === field) ? { ...leftOut(header), field } : null;
}

/**
 * Finds the field that each header means: by the exact key, the label, or a synonym, without case, accents, spaces and
 * punctuation. Of two headers for one field the better match has it, and then the earlier column. `open` holds the
 * indexes of the headers that are looked at, `taken` the fields that are given already.
 */
export function matchHeaders(
  header: readonly string[],
  open: readonly number[],
  taken: ReadonlySet<string>,
  schema: Schema,
): Map<number, Column> {
  const words = header.map(headerWord);
  const claims = targets(schema)
    .filter((target) => !taken.has(target.key))
    .flatMap((target) => open.flatMap((index) => claimOf(target, index, header[index] ?? '', words[index] ?? '')))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index);
  const found = new Map<number, Column>();
  const given = new Set<string>();
  for (const { index, column } of claims) {
    if (found.has(index) || column.field === null || given.has(column.field)) continue;
    found.set(index, column);
    given.add(column.field);
  }
  return found;
}

/** A field with everything it goes by. */
type Target = {
  readonly key: string;
  readonly label: string | null;
  readonly labelWord: string | null;
  readonly column: (header: string) => Column;
};

function targets(schema: Schema): Target[] {
  const live = [...schema.properties.values()].filter((property) => !property.archived);
  const properties = live.map((property) => ({
    key: property.key,
    label: property.label,
    labelWord: headerWord(property.label),
    column: (header: string) => columnOf(header, property),
  }));
  const fixed = FIXED.map((key) => ({
    key,
    label: null,
    labelWord: null,
    column: (header: string) => ({ ...leftOut(header), field: key }),
  }));
  return [...properties, ...fixed];
}

function claimOf(target: Target, index: number, header: string, word: string): Claim[] {
  const rank = rankOf(target, header, word);
  return rank === null ? [] : [{ index, rank, column: target.column(header) }];
}

function rankOf({ key, label, labelWord }: Target, header: string, word: string): number | null {
  if (header === key) return RANK.key;
  if (word === '') return null;
  if (header === label) return RANK.label;
  if (word === labelWord) return RANK.labelWord;
  const synonym = (Object.hasOwn(SYNONYMS, key) ? SYNONYMS[key] : undefined)?.indexOf(word) ?? -1;
  return synonym < 0 ? null : RANK.synonym + synonym;
}
