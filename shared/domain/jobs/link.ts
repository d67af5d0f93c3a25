import { createHash } from 'node:crypto';
import * as z from 'zod/mini';

/** The time for which a link is valid, in milliseconds. */
export const LINK_LIFE = 72 * 3_600_000;

/**
 * A link to one file of a job, as it is stored: with the hash of its token, which is shown once.
 *
 * `name` is the name of the file in the job's downloads; `clicks` counts the redirects.
 */
export const Link = z.strictObject({
  hash: z.string(),
  job: z.string(),
  name: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  clicks: z.number(),
});
export type Link = z.infer<typeof Link>;

/** The pattern of a token: 256 bits in base64url. */
const TOKEN_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** The hash under which a link is stored, SHA-256 in base64url; null for a text that is no token. */
export function hashOfToken(token: string): string | null {
  return TOKEN_PATTERN.test(token) ? createHash('sha256').update(token).digest('base64url') : null;
}

/**
 * A new link and its token.
 *
 * @param entropy thirty-two random bytes, of which the token is made
 * @param now milliseconds since 1970
 */
export function makeLink(
  file: { readonly job: string; readonly name: string },
  entropy: Uint8Array,
  now: number,
): { readonly token: string; readonly link: Link } {
  const token = Buffer.from(entropy).toString('base64url');
  const hash = createHash('sha256').update(token).digest('base64url');
  const [createdAt, expiresAt] = [now, now + LINK_LIFE].map((time) => new Date(time).toISOString());
  return { token, link: Link.parse({ ...file, hash, createdAt, expiresAt, clicks: 0 }) };
}

/** True when a link has expired at `now`, in milliseconds since 1970. */
export function isExpired(link: Pick<Link, 'expiresAt'>, now: number): boolean {
  return Date.parse(link.expiresAt) <= now;
}

/** True when a link was made before all links of its job were revoked, or at the same time. */
export function isRevoked(link: Pick<Link, 'createdAt'>, job: { readonly linksRevokedAt: string | null }): boolean {
  return job.linksRevokedAt !== null && link.createdAt <= job.linksRevokedAt;
}
