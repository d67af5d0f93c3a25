import { Link } from '../../domain/jobs/link.ts';
import { key } from '../keys.ts';
import { bodyOf, isEntity, stamped } from '../table/items.ts';
import { get, put, update } from '../table/operations.ts';

/** The time for which an expired link stays in the table, in seconds: until then it is answered by 410 instead of 404. */
const REMEMBERED = 90 * 86_400;

/** Stores a new link. False when a link with this token exists already. */
export function create(link: Link): Promise<boolean> {
  const { hash, expiresAt: until, ...rest } = link;
  // DynamoDB deletes the item at its `expiresAt`; the link itself expires at `until`.
  const expiresAt = Math.ceil(Date.parse(until) / 1000) + REMEMBERED;
  const item = { ...stamped('link', { ...rest, until, expiresAt }), ...key.link(hash) };
  return put(item, { expression: 'attribute_not_exists(PK)' });
}

/** The link with this hash, also an expired or a revoked one. */
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
