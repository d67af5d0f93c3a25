import * as z from 'zod/mini';
import { unwrapped } from '../domain/users/wrapped.ts';

/** The path of one thing: `/v1/segments/{id}`. */
export const IdPath = z.strictObject({ id: z.string() });

/** A reference to a user in a path, as plain text. Malformed base64url becomes '', which names no user. */
export const ref = z.pipe(
  z.string(),
  z.transform((text: string) => unwrapped(text) ?? ''),
);

/** The path of one user: `/v1/users/{ref}`. */
export const UserPath = z.strictObject({ ref });
