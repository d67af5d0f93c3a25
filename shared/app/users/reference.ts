import * as schemas from '../../data/schema.ts';
import type { Schema } from '../../domain/properties/property.ts';
import { fieldsNamed, type Reference, readReference } from '../../domain/users/reference.ts';
import type { Locale } from '../../domain/values/value.ts';
import { nobody } from './writes.ts';

/**
 * The user whom a text names, by a schema that knows the identifier in it.
 *
 * @throws Problem `notFound` when that can be nobody: it is malformed, or of an unknown prefix
 */
export function referenceBy(text: string, schema: Schema, locale: Locale): Reference {
  const reference = readReference(text, schema, locale);
  if (!reference) throw nobody();
  return reference;
}

/** The user whom a text names. @throws Problem `notFound` when that can be nobody */
export async function referenceOf(text: string, locale: Locale, now: number): Promise<Reference> {
  return referenceBy(text, await schemas.knowing(fieldsNamed([text]), 'user', now), locale);
}
