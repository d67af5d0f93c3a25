import * as schemas from '../../data/schema.ts';
import type { Schema } from '../../domain/properties/property.ts';
import { fieldsNamed, type Reference, readReference } from '../../domain/users/reference.ts';
import type { Locale } from '../../domain/values/value.ts';
import { noSuchUser } from './writes.ts';

/**
 * The user whom a text names, by a schema that knows the identifier in it.
 *
 * @throws Problem `notFound` for a text that names no user: it is malformed, or has an unknown prefix
 */
export function referenceBy(text: string, schema: Schema, locale: Locale): Reference {
  const reference = readReference(text, schema, locale);
  if (!reference) throw noSuchUser();
  return reference;
}

/** The user whom a text names, by the current schema. @throws Problem `notFound` for a text that names no user */
export async function referenceOf(text: string, locale: Locale, now: number): Promise<Reference> {
  return referenceBy(text, await schemas.knowing(fieldsNamed([text]), 'user', now), locale);
}
