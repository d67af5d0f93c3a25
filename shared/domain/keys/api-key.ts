import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';

/** The scopes of a key. `owner` includes every other scope. */
export const KeyScope = z.enum([
  'users:read',
  'users:write',
  'events:write',
  'segments:read',
  'segments:write',
  'imports',
  'exports',
  'deletions',
  'keys',
  'owner',
]);
export type KeyScope = z.infer<typeof KeyScope>;

/** An API key as the API shows it. Its secret is shown once, when it is created, and not stored. */
export const ApiKey = z.strictObject({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  scopes: z.readonly(z.array(KeyScope)),
  createdAt: z.string(),
  expiresAt: z.nullable(z.string()),
  lastUsedAt: z.nullable(z.string()),
  revokedAt: z.nullable(z.string()),
});
export type ApiKey = z.infer<typeof ApiKey>;

/** A key as it is stored: with the SHA-256 of its secret, in hex. */
export const StoredKey = z.extend(ApiKey, { hash: z.string() });
export type StoredKey = z.infer<typeof StoredKey>;

const KEY_PATTERN = /^(rk_[a-z0-9-]{1,32}_([0-9a-f]{16})_[0-9a-f]{64})([0-9a-f]{8})$/;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * The text of a key: `rk_<stage>_<id>_<secret>`. The secret is 256 random bits in hex, followed by a checksum of eight hex
 * digits, so that a typo is found without a read of the table.
 *
 * @param id eight bytes, @param secret thirty-two, both random
 */
export function writeKey(
  stage: string,
  id: Uint8Array,
  secret: Uint8Array,
): { id: string; text: string; hash: string } {
  const keyId = Buffer.from(id).toString('hex');
  const body = `rk_${stage}_${keyId}_${Buffer.from(secret).toString('hex')}`;
  const text = body + sha256(body).slice(0, 8);
  return { id: `key_${keyId}`, text, hash: sha256(text) };
}

/** The id in a key's text; null when it is no key or has a typo. */
export function readKeyId(text: string): string | null {
  const [, body, id, checksum] = KEY_PATTERN.exec(text) ?? [];
  return body !== undefined && sha256(body).slice(0, 8) === checksum ? `key_${id}` : null;
}

/** True for a key that is neither revoked, nor expired at `now`, in milliseconds since 1970. */
export function isLive({ revokedAt, expiresAt }: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, now: number): boolean {
  return revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now);
}

/** True when this text is the secret of a live key. Compares in constant time. */
export function opens(key: StoredKey, text: string, now: number): boolean {
  const genuine = timingSafeEqual(Buffer.from(sha256(text), 'hex'), Buffer.from(key.hash, 'hex'));
  return genuine && isLive(key, now);
}

/** True when a key has a scope. */
export function holdsScope(key: Pick<ApiKey, 'scopes'>, scope: KeyScope): boolean {
  return key.scopes.includes(scope) || key.scopes.includes('owner');
}
