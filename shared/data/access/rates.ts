import { key } from '../keys.ts';
import { get, put, update } from '../table/client.ts';
import { stamped } from '../table/items.ts';

/** What a key may ask for: so many requests a second, and so many at once after a rest. */
export type Rate = { readonly perSecond: number; readonly burst: number };

/** Whether a lease was given; if not, after how many milliseconds to ask again. */
export type Lease = { readonly granted: true } | { readonly granted: false; readonly waitFor: number };

/**
 * Takes room for some requests of a key from the one account of it that all processes share.
 *
 * The account is one number, the time until which the key's requests are paid for (the generic cell rate algorithm,
 * ITU-T I.371): a request moves it by the time that a request costs, and it may run ahead of the clock by a burst.
 * One write mostly, two after a rest.
 *
 * @param requests at most a burst of them
 */
export async function lease(apiKey: string, requests: number, { perSecond, burst }: Rate, now: number): Promise<Lease> {
  const cost = (requests * 1000) / perSecond;
  const latest = now + (burst * 1000) / perSecond - cost;
  const usedAt = new Date(now).toISOString();
  const moved = await update(
    key.rate(apiKey),
    { expression: 'SET paidUntil = paidUntil + :cost, usedAt = :at', values: { ':cost': cost, ':at': usedAt } },
    // No BETWEEN: the table refuses to look between ends that stand the wrong way round, by however little.
    { expression: 'paidUntil >= :now AND paidUntil <= :latest', values: { ':now': now, ':latest': latest } },
  );
  if (moved) return { granted: true };
  const rested = await put(
    { ...stamped('rate', { apiKey, paidUntil: now + cost, usedAt }), ...key.rate(apiKey) },
    { expression: 'attribute_not_exists(PK) OR paidUntil < :now', values: { ':now': now } },
  );
  if (rested) return { granted: true };
  const account = await get(key.rate(apiKey));
  const waitFor = Number(account?.paidUntil ?? now) - latest;
  // Between the two writes somebody else began the account anew: there may be room in it.
  return waitFor > 0 ? { granted: false, waitFor } : lease(apiKey, requests, { perSecond, burst }, now);
}
