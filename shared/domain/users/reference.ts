import { Fault } from '../errors.ts';
import { ULID_PATTERN } from '../id.ts';
import type { Schema } from '../properties/property.ts';
import { readIdentifier } from '../values/parse.ts';
import type { Locale } from '../values/value.ts';

/** A reference to a user: by id, or by an identifier in its normal form. */
export type Reference =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'identifier'; readonly field: string; readonly value: string };

const fieldIn = (text: string) => text.slice(0, Math.max(text.indexOf(':'), 0));

/** The fields that references in plain text name users by, known or not: a schema that reads them has to know these. */
export function fieldsNamed(references: readonly string[]): readonly string[] {
  return [...new Set(references.map(fieldIn))].filter((field) => field !== '');
}

/**
 * Reads a reference in plain text, as bodies hold it: an id, or `<identifier>:<value>`. Null when it can name no user:
 * malformed, or of an unknown prefix.
 */
export function readReference(text: string, schema: Schema, locale: Locale): Reference | null {
  if (ULID_PATTERN.test(text)) return { kind: 'id', id: text };
  const field = fieldIn(text);
  const property = schema.identifiers.includes(field) ? schema.properties.get(field) : undefined;
  if (!property) return null;
  const value = readIdentifier(property, text.slice(field.length + 1), locale);
  return value === null || value instanceof Fault ? null : { kind: 'identifier', field, value };
}
