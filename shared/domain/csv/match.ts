import type { Property, Schema } from '../properties/property.ts';
import { type Column, columnOf, leftOut } from './columns.ts';
import { headerWord, synonymsOf } from './synonyms.ts';

/** The fields beside properties that a column may give. Those without synonyms go by their key alone. */
const FIXED = ['tags', 'companies', 'status', 'signedUpAt'] as const;

/** A field that a header may mean; the lower the rank, the better the header says so. */
type Claim = { readonly index: number; readonly rank: number; readonly target: Target };

const RANK = { key: 0, synonym: 1, label: 1_000, labelWord: 1_001 } as const;

/** A column that gives a field people may name in a mapping or header; null when an import cannot write it. */
export function columnOfField(header: string, field: string, schema: Schema): Column | null {
  const property = schema.properties.get(field);
  if (property) return property.archived ? null : columnOf(header, property);
  return field === 'id' || FIXED.some((name) => name === field) ? { ...leftOut(header), field } : null;
}

/**
 * The columns of headers that mean a field, by index; and, by index, the field that each header means beside another one
 * which means it better and has it.
 */
export type Matches = { readonly columns: ReadonlyMap<number, Column>; readonly seconds: ReadonlyMap<number, string> };

/**
 * Finds the field that each header means: by the exact key, a synonym, or the label. Synonyms come before labels, so that
 * no property changes what a header means. Of two headers for one field the better match has it, and then the earlier
 * column.
 *
 * @param open the indexes of the headers that are looked at
 * @param taken the fields that other columns give already
 */
export function matchHeaders(
  header: readonly string[],
  open: readonly number[],
  taken: ReadonlySet<string>,
  schema: Schema,
): Matches {
  const words = header.map(headerWord);
  const claims = targets(schema, words)
    .flatMap((target) => open.flatMap((index) => claimOf(target, index, header[index] ?? '', words[index] ?? '')))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index);
  const columns = new Map<number, Column>();
  const seconds = new Map<number, string>();
  const given = new Set(taken);
  for (const { index, rank, target } of claims) {
    if (columns.has(index)) continue;
    if (!given.has(target.key)) {
      given.add(target.key);
      columns.set(index, target.column(header[index] ?? ''));
      // A header that is only alike, such as `C#` beside the property of `C++`, means something else.
    } else if (rank !== RANK.labelWord && !seconds.has(index)) seconds.set(index, target.key);
  }
  return { columns, seconds };
}

/** A field with everything it goes by. */
type Target = {
  readonly key: string;
  readonly label: string | null;
  readonly labelWord: string | null;
  readonly synonyms: readonly string[];
  readonly column: (header: string) => Column;
};

/** @param words the headers of the file, as `headerWord` writes them */
function targets(schema: Schema, words: readonly string[]): Target[] {
  const live = [...schema.properties.values()].filter((property) => !property.archived);
  const ofProperty = (property: Property): Target => ({
    key: property.key,
    ...(property.origin === 'system'
      ? { label: null, labelWord: null, synonyms: synonymsOf(property.key, words) }
      : { label: property.label, labelWord: headerWord(property.label), synonyms: [] }),
    column: (header) => columnOf(header, property),
  });
  const ofFixed = (key: string): Target => ({
    key,
    label: null,
    labelWord: null,
    synonyms: synonymsOf(key, words),
    column: (header) => ({ ...leftOut(header), field: key }),
  });
  return [...live.map(ofProperty), ...FIXED.map(ofFixed)];
}

function claimOf(target: Target, index: number, header: string, word: string): Claim[] {
  const rank = rankOf(target, header, word);
  return rank === null ? [] : [{ index, rank, target }];
}

function rankOf({ key, label, labelWord, synonyms }: Target, header: string, word: string): number | null {
  if (header === key) return RANK.key;
  if (word === '') return null;
  const synonym = synonyms.indexOf(word);
  if (synonym >= 0) return RANK.synonym + synonym;
  if (header === label) return RANK.label;
  return word === labelWord ? RANK.labelWord : null;
}
