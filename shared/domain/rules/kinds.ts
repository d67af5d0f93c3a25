import { FIXED_FIELDS, type PropertyType, type Schema } from '../properties/property.ts';
import { Source, Status } from '../users/user.ts';

/**
 * The kind of a field in a rule decides which operators the field has and how its values compare.
 *
 * - `text`: compared folded. `identifier`: a text whose `is` and `in` are exact. `address`: e-mail, phone and URL, whose
 *   `is` and `in` take what the type's parser takes.
 * - `list`: elements compared folded. `companies`: elements are ids, compared exactly.
 * - `status`, `source`: one of a few words.
 */
export type FieldKind =
  | 'text'
  | 'identifier'
  | 'address'
  | 'number'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'time'
  | 'list'
  | 'companies'
  | 'status'
  | 'source';

/** A field that a rule may name, or what is in the way: it is archived, or there is none of that name. */
export type Field = { readonly kind: FieldKind; readonly type: PropertyType } | 'archived' | 'unknown';

const KIND_OF_TYPE: Readonly<Record<PropertyType, FieldKind>> = {
  text: 'text',
  longText: 'text',
  number: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'datetime',
  time: 'time',
  list: 'list',
  email: 'address',
  phone: 'address',
  url: 'address',
};

const FIXED = new Map<string, Field>(
  Object.entries(FIXED_FIELDS).map(([field, is]): [string, Field] => {
    switch (is) {
      case 'id':
        return [field, { kind: 'identifier', type: 'text' }];
      case 'tags':
        return [field, { kind: 'list', type: 'list' }];
      case 'companies':
        return [field, { kind: 'companies', type: 'list' }];
      case 'status':
      case 'source':
        return [field, { kind: is, type: 'text' }];
      default:
        return [field, { kind: 'datetime', type: is satisfies 'datetime' }];
    }
  }),
);

/** The words that a field with a closed list of them can hold. */
export const WORDS: Readonly<Record<'status' | 'source', readonly string[]>> = {
  status: Status.options,
  source: Source.options,
};

/** The kind and type of a field of users, by the live schema. */
export function fieldOf(name: string, schema: Schema): Field {
  const fixed = FIXED.get(name);
  if (fixed) return fixed;
  const property = schema.properties.get(name);
  if (!property) return 'unknown';
  if (property.archived) return 'archived';
  const { type } = property;
  return { kind: type === 'text' && property.identifier ? 'identifier' : KIND_OF_TYPE[type], type };
}
