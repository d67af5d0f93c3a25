import * as apiKeys from '../../data/access/api-keys.ts';
import { perTable } from '../../data/table/client.ts';
import { Problem } from '../../domain/errors.ts';
import { holdsScope, type KeyScope, opens, readKeyId, type StoredKey } from '../../domain/keys/api-key.ts';
import { type AnyContract, NOBODY } from '../contract.ts';
import { env } from '../env.ts';
import type { ActionMiddleware } from '../pipeline.ts';

type Cached = { readonly key: StoredKey | null; readonly readAt: number };
const cacheOf = perTable(() => new Map<string, Cached>());

/** The size limit of the cache, above any real number of keys. Only guessed keys fill it, and then it is cleared. */
const MOST_CACHED = 1_000;

async function keyOf(id: string, now: number): Promise<StoredKey | null> {
  const cache = cacheOf();
  const found = cache.get(id);
  if (found && now - found.readAt < env.keyLife) return found.key;
  const key = await apiKeys.byId(id);
  if (cache.size >= MOST_CACHED) cache.clear();
  cache.set(id, { key, readAt: now });
  return key;
}

const UNAUTHENTICATED = 'Send a live API key as `Authorization: Bearer rk_…`.';

/** @throws Problem `unauthenticated`, the same for a key that is missing, malformed, unknown, expired or revoked */
async function authenticated(authorization: string | undefined, now: number): Promise<StoredKey> {
  const [, text = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  const id = readKeyId(text);
  const key = id && (await keyOf(id, now));
  if (!key || !opens(key, text, now)) {
    throw new Problem('unauthenticated', UNAUTHENTICATED, { headers: { 'www-authenticate': 'Bearer' } });
  }
  return key;
}

/** @throws Problem `missingScope` when the key holds none of these scopes */
function assertScope(key: StoredKey, scopes: readonly KeyScope[]): void {
  if (scopes.some((scope) => holdsScope(key, scope))) return;
  throw new Problem('missingScope', `This API key lacks the scope ${scopes[0]}.`);
}

/** Requires a live API key (401) that holds one of the contract's scopes (403). */
export function apiKey({ scope }: Pick<AnyContract, 'scope'>): ActionMiddleware {
  if (scope === 'public') {
    return {
      before: ({ context: { state } }) => {
        state.apiKey = NOBODY;
      },
    };
  }
  const scopes: readonly KeyScope[] = typeof scope === 'string' ? [scope] : scope;
  return {
    before: async ({ event, context: { state } }) => {
      const key = await authenticated(event.headers.authorization, state.now);
      assertScope(key, scopes);
      state.apiKey = key;
    },
  };
}
