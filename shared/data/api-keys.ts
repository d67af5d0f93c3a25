import { type ApiKey, StoredKey } from '../domain/api-key.ts';
import { bodyOf, stamped } from './items.ts';
import { key, partition } from './keys.ts';
import { getMany } from './many.ts';
import { type Attributes, get, inPartition, pages, put, update } from './table.ts';

/** A key's end is kept as `endsAt`: `expiresAt` is the table's own word for items that it may drop. */
function readKey(item: Attributes): StoredKey {
  const { endsAt, ...body } = bodyOf(item);
  return StoredKey.parse({ ...body, expiresAt: endsAt, lastUsedAt: null });
}

/** The key of this id, revoked and expired ones too. */
export async function byId(id: string): Promise<StoredKey | null> {
  const item = await get(key.apiKey(id));
  return item && readKey(item);
}

/** Keeps a new key. */
export async function create({ lastUsedAt: _never, expiresAt: endsAt, ...stored }: StoredKey): Promise<void> {
  const item = { ...stamped('apiKey', { ...stored, endsAt }), ...key.apiKey(stored.id) };
  await put(item, { expression: 'attribute_not_exists(PK)' });
}

/** All keys, oldest first. A deployment has tens of them, not thousands. */
export async function all(): Promise<readonly ApiKey[]> {
  const items: StoredKey[] = [];
  for await (const found of pages({ key: inPartition(partition.apiKeys), consistent: true })) {
    items.push(...found.items.map(readKey));
  }
  const used = new Map<unknown, unknown>();
  for (const rate of await getMany(items.map(({ id }) => key.rate(id)))) used.set(rate.apiKey, rate.usedAt);
  return items
    .map(({ hash: _hash, ...shown }) => {
      const usedAt = used.get(shown.id);
      return { ...shown, lastUsedAt: typeof usedAt === 'string' ? usedAt : null };
    })
    .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

/** One key as the API shows it. */
export async function shown(id: string): Promise<ApiKey | null> {
  return (await all()).find((one) => one.id === id) ?? null;
}

/** Revokes a key. False when it is not there, or was revoked before. */
export async function revoke(id: string, at: string): Promise<boolean> {
  const change = { expression: 'SET revokedAt = :at', values: { ':at': at, ':none': null } };
  return (await update(key.apiKey(id), change, { expression: 'revokedAt = :none' })) !== null;
}
