import * as apiKeys from '../data/access/api-keys.ts';
import * as rates from '../data/access/rates.ts';
import { Problem } from '../domain/errors.ts';
import { holdsScope, type KeyScope, opens, readKeyId, type StoredKey } from '../domain/keys/api-key.ts';
import { env } from './env.ts';

type Known = { readonly key: StoredKey | null; readonly readAt: number };
const known = new Map<string, Known>();

/** More keys than any deployment has: beyond it, somebody is guessing, and what was learnt is let go. */
const MOST_KNOWN = 1_000;

async function keyOf(id: string, now: number): Promise<StoredKey | null> {
  const found = known.get(id);
  if (found && now - found.readAt < env.keyLife) return found.key;
  const key = await apiKeys.byId(id);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(id, { key, readAt: now });
  return key;
}

const UNAUTHENTICATED = 'Send a live API key as `Authorization: Bearer rk_…`.';

/**
 * The API key of a request. A key that is missing, malformed, unknown, expired or revoked is the same problem, so that
 * nobody learns which.
 */
export async function authenticated(authorization: string | undefined, now: number): Promise<StoredKey> {
  const [, text = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
  const id = readKeyId(text);
  const key = id && (await keyOf(id, now));
  if (!key || !opens(key, text, now)) {
    throw new Problem('unauthenticated', UNAUTHENTICATED, { headers: { 'www-authenticate': 'Bearer' } });
  }
  return key;
}

/** @throws Problem `missingScope` when the key does not open this */
export function assertScope(key: StoredKey, scope: KeyScope): void {
  if (!holdsScope(key, scope)) throw new Problem('missingScope', `This API key lacks the scope ${scope}.`);
}

/** Room for requests that this process has taken from a key's account and not used yet. */
type Room = { left: number; size: number; readonly takenAt: number };
const rooms = new Map<string, Room>();

/** Room is given up after this time, in milliseconds, so that the account knows when a key was last used. */
const ROOM_LIFE = 60_000;
const FIRST_ROOM = 5;
const LARGEST_ROOM = 40;

/**
 * Room that was used up within a second was too small; otherwise the next is as small as the first. Never is it more than
 * a burst: that much no account gives.
 */
function nextSize(room: Room | undefined, burst: number, now: number): number {
  const size = room && now - room.takenAt < 1_000 ? Math.min(room.size * 2, LARGEST_ROOM) : FIRST_ROOM;
  return Math.min(size, burst);
}

/**
 * Counts a request against its key's rate.
 *
 * @throws Problem `rateLimited`, with `Retry-After` in seconds
 */
export async function assertRate(key: StoredKey, now: number): Promise<void> {
  const room = rooms.get(key.id);
  if (room && room.left > 0 && now - room.takenAt < ROOM_LIFE) {
    room.left -= 1;
    return;
  }
  const { rate } = env;
  const size = nextSize(room, rate.burst, now);
  const lease = await rates.lease(key.id, size, rate, now);
  if (!lease.granted) {
    const seconds = Math.ceil(lease.waitFor / 1000);
    const headers = { 'retry-after': String(seconds) };
    throw new Problem('rateLimited', `This API key asks too often. Try again in ${seconds} s.`, { headers });
  }
  rooms.set(key.id, { left: size - 1, size, takenAt: now });
}
