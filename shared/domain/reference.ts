import { Fault } from './errors.ts';
import { ULID_PATTERN } from './id.ts';
import type { Schema } from './property.ts';
import { readIdentifier } from './values/parse.ts';
import type { Locale } from './values/value.ts';

/** Whom a reference names: a user by id, or the owner of an identifier in its normal form. */
export type Reference =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'identifier'; readonly field: string; readonly value: string };

/** `~dXNlcklkOmEvYg` → `userId:a/b`: a whole reference as base64url, for values that no gateway would leave whole. */
function unwrapped(text: string): string | null {
  if (!text.startsWith('~')) return text;
  const bytes = Buffer.from(text.slice(1), 'base64url');
  return bytes.toString('base64url') === text.slice(1).replace(/=+$/, '') ? bytes.toString('utf8') : null;
}

/**
 * Reads a reference of a path, already percent-decoded: an id, `<identifier>:<value>`, or `~` and its base64url.
 * Null when it can name nobody: malformed, or of an unknown prefix.
 */
export function readPathReference(text: string, schema: Schema, locale: Locale): Reference | null {
  const plain = unwrapped(text);
  return plain === null ? null : readReference(plain, schema, locale);
}

/** Reads a reference as bodies hold it, in plain text. Null when it can name nobody. */
export function readReference(text: string, schema: Schema, locale: Locale): Reference | null {
  if (ULID_PATTERN.test(text)) return { kind: 'id', id: text };
  const colon = text.indexOf(':');
  const field = text.slice(0, Math.max(colon, 0));
  const property = schema.identifiers.includes(field) ? schema.properties.get(field) : undefined;
  if (!property) return null;
  const value = readIdentifier(property, text.slice(colon + 1), locale);
  return value === null || value instanceof Fault ? null : { kind: 'identifier', field, value };
}
