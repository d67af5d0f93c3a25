import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { Fault, Problem } from '../errors.ts';
import { readRecipient } from '../recipient.ts';
import { newReport, type Reading, type Sound } from '../report.ts';
import { readInstant } from '../values/date.ts';
import { normalText, readWords, TEXT_LIMIT } from '../values/text.ts';
import { type ApiKey, holdsScope, KeyScope, type StoredKey, writeKey } from './api-key.ts';

/** The body of a request that creates a key. */
export const NewKey = z.strictObject({
  name: z.string(),
  email: z.string(),
  scopes: z.array(KeyScope).check(z.minLength(1), z.maxLength(KeyScope.options.length)),
  expiresAt: z.optional(z.nullable(z.string())),
});
export type NewKey = z.infer<typeof NewKey>;

/** A new key: as the API shows it, as it is stored, and its secret, which is shown once. */
export type MadeKey = { readonly shown: ApiKey; readonly stored: StoredKey; readonly secret: string };

/**
 * A new key of a deployment.
 *
 * @param entropy thirty-two random bytes: the id and the secret are made of them, so a call that is repeated after a crash
 * makes the same key
 */
export function makeKey(input: NewKey, stage: string, now: number, entropy: Uint8Array): MadeKey {
  const derived = (what: string) => createHash('sha256').update(`${what}\n`).update(entropy).digest();
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

const NO_NAME = new Fault('required', 'A key needs a name.');

function readName(raw: string): string | Fault {
  const name = readWords(raw, TEXT_LIMIT);
  return name === '' ? NO_NAME : name;
}

const OVER = new Fault('outOfRange', 'Must lie ahead: a key that has expired opens nothing.');

/** The time at which a key expires; '' for a key that does not. */
function readEnd(raw: string, now: number): string | Fault {
  const text = normalText(raw);
  if (text === '' || text instanceof Fault) return text;
  const end = readInstant(text);
  return end instanceof Fault || Date.parse(end) > now ? end : OVER;
}

/**
 * Requires these scopes of a key: a key grants no scope that it lacks, and revokes no key that has such a scope.
 *
 * @throws Problem `missingScope` when a key lacks one of these scopes
 */
export function assertHoldsAll(key: Pick<ApiKey, 'scopes'>, scopes: readonly KeyScope[]): void {
  const lacking = scopes.filter((scope) => !holdsScope(key, scope));
  if (lacking.length > 0) throw new Problem('missingScope', `This API key lacks ${lacking.join(', ')} itself.`);
}

/**
 * Reads the body of a request that creates a key.
 *
 * @param maker the key of the request: it grants no scope that it lacks
 * @param now milliseconds since 1970
 * @throws Problem `missingScope`, which goes before any fault of the body
 */
export function readNewKey(
  body: Sound<NewKey>,
  maker: Pick<ApiKey, 'scopes'>,
  allowedRecipients: readonly string[],
  now: number,
): Reading<NewKey> {
  const { name, email, scopes, expiresAt } = body;
  assertHoldsAll(maker, scopes ?? []);
  const report = newReport();
  const words = name === undefined ? undefined : report.keep('/name', readName(name));
  const address = email === undefined ? undefined : report.keep('/email', readRecipient(email, allowedRecipients));
  const end = report.keep('/expiresAt', readEnd(expiresAt ?? '', now));
  const whole = words !== undefined && address !== undefined && scopes !== undefined;
  return report.reading(whole ? { name: words, email: address, scopes, expiresAt: end || null } : undefined);
}
