import { type ApiKey, isLive, StoredKey } from '../../domain/keys/api-key.ts';
import { key, partition } from '../keys.ts';
import { getMany } from '../table/batches.ts';
import type { Attributes } from '../table/client.ts';
import type { Expression } from '../table/expression.ts';
import { bodyOf, stamped } from '../table/items.ts';
import { get, put, update } from '../table/operations.ts';
import { inPartition, pages } from '../table/query.ts';
import { readable } from '../table/readable.ts';
import { AGAIN, retrying } from '../table/retrying.ts';
import { checkPart, transact, updatePart } from '../table/transactions.ts';

/** The end of a key is stored as `endsAt`, because DynamoDB deletes items by `expiresAt`. */
function readKey(item: Attributes): StoredKey {
  const { endsAt, ...body } = bodyOf(item);
  return StoredKey.parse({ ...body, expiresAt: endsAt, lastUsedAt: null });
}

/** The key with this id, also a revoked or an expired one. */
export async function byId(id: string): Promise<StoredKey | null> {
  const item = await get(key.apiKey(id));
  return item && readKey(item);
}

/** Stores a new key. */
export async function create({ lastUsedAt: _never, expiresAt: endsAt, ...stored }: StoredKey): Promise<void> {
  const item = { ...stamped('apiKey', { ...stored, endsAt }), ...key.apiKey(stored.id) };
  await put(item, { expression: 'attribute_not_exists(PK)' });
}

/** All stored keys. A deployment has tens of them, not thousands. */
async function stored(): Promise<readonly StoredKey[]> {
  const items: StoredKey[] = [];
  for await (const found of pages({ key: inPartition(partition.apiKeys), consistent: true })) {
    items.push(...readable(found.items, readKey));
  }
  return items;
}

/** The position of a key in the list of all keys. */
export const placeOf = ({ createdAt, id }: ApiKey) => `${createdAt} ${id}`;

/** All keys, oldest first. */
export async function all(): Promise<readonly ApiKey[]> {
  const items = await stored();
  const used = new Map<unknown, unknown>();
  for (const rate of await getMany(items.map(({ id }) => key.rate(id)))) used.set(rate.apiKey, rate.usedAt);
  return items
    .map(({ hash: _hash, ...shown }) => {
      const usedAt = used.get(shown.id);
      return { ...shown, lastUsedAt: typeof usedAt === 'string' ? usedAt : null };
    })
    .sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
}

/** One key as the API shows it. */
export async function shown(id: string): Promise<ApiKey | null> {
  return (await all()).find((one) => one.id === id) ?? null;
}

/** The result of a revocation: done; no such key, or revoked before; or the key has to stay. */
export type Revoked = 'done' | 'notFound' | 'lastOwner';

const NOT_REVOKED: Expression = { expression: 'revokedAt = :none', values: { ':none': null } };

/** The end of a key in milliseconds since 1970; infinity for a key without an end. */
const endOf = ({ expiresAt }: ApiKey) => (expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt));

const isOwner = (one: ApiKey, now: number) => one.scopes.includes('owner') && isLive(one, now);

/** The live owner key, other than this one, that lives longest. */
function otherOwner(keys: readonly StoredKey[], id: string, now: number): StoredKey | undefined {
  const others = keys.filter((one) => one.id !== id && isOwner(one, now));
  return others.sort((a, b) => (endOf(a) > endOf(b) ? -1 : 1))[0];
}

/**
 * Revokes a key. The last live owner key stays, also when several are revoked at once: the transaction that revokes one
 * checks that another one is live.
 *
 * @throws Busy
 */
export function revoke(id: string, now: number): Promise<Revoked> {
  const change = { expression: 'SET revokedAt = :at', values: { ':at': new Date(now).toISOString() } };
  return retrying('the revocation of a key', async () => {
    const keys = await stored();
    const revoked = keys.find((one) => one.id === id && one.revokedAt === null);
    if (!revoked) return 'notFound';
    if (isOwner(revoked, now)) return revokeOwner(id, change, otherOwner(keys, id, now));
    return (await update(key.apiKey(id), change, NOT_REVOKED)) ? 'done' : 'notFound';
  });
}

async function revokeOwner(
  id: string,
  change: Expression,
  other: StoredKey | undefined,
): Promise<Revoked | typeof AGAIN> {
  if (!other) return 'lastOwner';
  const stays = checkPart(key.apiKey(other.id), NOT_REVOKED);
  const outcome = await transact([updatePart(key.apiKey(id), change, NOT_REVOKED), stays]);
  return outcome.done ? 'done' : AGAIN;
}
