import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { type ApiKey, holdsScope, KeyScope, type StoredKey, writeKey } from './api-key.ts';
import { Problem, problemOf } from './errors.ts';
import { isAllowedRecipient } from './recipient.ts';

/** The body by which a key is made. */
export const NewKey = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(255)),
  email: z.string(),
  scopes: z.array(KeyScope).check(z.minLength(1), z.maxLength(KeyScope.options.length)),
  expiresAt: z.optional(z.nullable(z.iso.datetime({ offset: true }))),
});
export type NewKey = z.infer<typeof NewKey>;

/** A key that was just made: what is shown, what is kept, and the secret that is shown once. */
export type MadeKey = { readonly shown: ApiKey; readonly stored: StoredKey; readonly secret: string };

/**
 * A new key of a deployment.
 *
 * @param chance thirty-two bytes that nobody can guess: the id and the secret are made of them, so a call that is taken up
 * after it died makes the same key
 */
export function makeKey(input: NewKey, stage: string, now: number, chance: Uint8Array): MadeKey {
  const derived = (what: string) => createHash('sha256').update(`${what}\n`).update(chance).digest();
  const { id, text, hash } = writeKey(stage, derived('id').subarray(0, 8), derived('secret'));
  const shown: ApiKey = {
    id,
    name: input.name,
    email: input.email.trim().toLowerCase(),
    scopes: [...new Set(input.scopes)],
    createdAt: new Date(now).toISOString(),
    expiresAt: input.expiresAt ? new Date(input.expiresAt).toISOString() : null,
    lastUsedAt: null,
    revokedAt: null,
  };
  return { shown, stored: { ...shown, hash }, secret: text };
}

/**
 * Whether a key may make this one: it hands out no scope that it lacks, and to nobody who may not get mail.
 *
 * @throws Problem `missingScope`, `notAllowedRecipient`
 */
export function assertMayMake(
  maker: Pick<ApiKey, 'scopes'>,
  input: NewKey,
  allowedRecipients: readonly string[],
): void {
  const lacking = input.scopes.filter((scope) => !holdsScope(maker, scope));
  if (lacking.length > 0) throw new Problem('missingScope', `This API key lacks ${lacking.join(', ')} itself.`);
  if (isAllowedRecipient(input.email.trim(), allowedRecipients)) return;
  const detail = 'This address is not among the allowed recipients of the deployment.';
  throw problemOf([{ pointer: '/email', code: 'notAllowedRecipient', detail }]);
}
