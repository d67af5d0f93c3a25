import { nobody } from '../app/users/writes.ts';
import * as schemas from '../data/schema.ts';
import { fieldsNamed, type Reference, readReference, unwrapped } from '../domain/users/reference.ts';
import { env } from './env.ts';

/**
 * Whom a path names, by a schema that knows the identifier in it.
 *
 * @throws Problem `notFound` when that can be nobody: it is malformed, or of an unknown prefix
 */
export async function referenceOfPath(call: {
  readonly params: Readonly<Record<string, string>>;
  readonly now: number;
}): Promise<Reference> {
  const plain = unwrapped(call.params.ref ?? '') ?? '';
  const schema = await schemas.knowing(fieldsNamed([plain]), 'user', call.now);
  const reference = readReference(plain, schema, env.locale);
  if (!reference) throw nobody();
  return reference;
}
