import { Link } from '../../domain/jobs/link.ts';
import { key } from '../keys.ts';
import { bodyOf, isEntity, stamped } from '../table/items.ts';
import { get, put, update } from '../table/operations.ts';

/** How long a dead link is remembered, in seconds: whoever still has it is told that it died, not that it never was. */
const REMEMBERED = 90 * 86_400;

/** Keeps a new link. False when there is one of this token already. */
export function create(link: Link): Promise<boolean> {
  const { hash, expiresAt: until, ...rest } = link;
  // The table's own `expiresAt` only sweeps; when a link ends is `until`.
  const expiresAt = Math.ceil(Date.parse(until) / 1000) + REMEMBERED;
  const item = { ...stamped('link', { ...rest, until, expiresAt }), ...key.link(hash) };
  return put(item, { expression: 'attribute_not_exists(PK)' });
}

/** The link of this hash, dead or alive. */
export async function byHash(hash: string): Promise<Link | null> {
  const item = await get(key.link(hash));
  if (!item || !isEntity(item, 'link')) return null;
  const { until, ...rest } = bodyOf(item);
  return Link.parse({ ...rest, hash, expiresAt: until });
}

/** Counts one redirect. */
export async function countClick(hash: string): Promise<void> {
  const change = { expression: 'SET clicks = clicks + :one', values: { ':one': 1 } };
  await update(key.link(hash), change, { expression: 'attribute_exists(PK)' });
}
