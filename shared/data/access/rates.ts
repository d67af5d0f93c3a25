import { key } from '../keys.ts';
import type { Attributes } from '../table/client.ts';
import { stamped } from '../table/items.ts';
import { put, updateOrRead } from '../table/operations.ts';
import { AGAIN, retrying } from '../table/retrying.ts';

/** The rate of a key: so many requests a second, and so many at once after a rest. */
export type Rate = { readonly perSecond: number; readonly burst: number };

/** A lease that was granted; or the milliseconds after which to ask again. */
export type Lease = { readonly granted: true } | { readonly granted: false; readonly waitFor: number };

/**
 * Takes room for some requests of a key from its one account, which all processes share.
 *
 * The account is one number, the time until which the key's requests are paid for (the generic cell rate algorithm,
 * ITU-T I.371): a request moves it by the time that a request costs, and it may run ahead of the clock by a burst.
 * One write mostly, two after a rest.
 *
 * The clock is read again before each call of the table. The account moves on with the clock while a slow call is under
 * way, so a time from before that call would take the leases of others for an overrun: no rate is exceeded by waiting.
 *
 * @param requests at most a burst of them
 * @param clock milliseconds since 1970
 * @throws Busy
 */
export function lease(
  apiKey: string,
  requests: number,
  { perSecond, burst }: Rate,
  clock: () => number,
): Promise<Lease> {
  const cost = (requests * 1000) / perSecond;
  const ahead = (burst * 1000) / perSecond - cost;
  return retrying('a lease of requests', async () => {
    const now = clock();
    const moved = await movedBy(apiKey, cost, ahead, now);
    if (moved.done) return { granted: true };
    if (!moved.item || paidUntil(moved.item) < now) {
      return (await begun(apiKey, cost, clock())) ? { granted: true } : AGAIN;
    }
    const waitFor = paidUntil(moved.item) - ahead - clock();
    return waitFor > 0 ? { granted: false, waitFor } : AGAIN;
  });
}

const paidUntil = (account: Attributes) => Number(account.paidUntil);
const iso = (ms: number) => new Date(ms).toISOString();

/** Moves an account that is ahead of the clock, and has room. */
function movedBy(apiKey: string, cost: number, ahead: number, now: number) {
  return updateOrRead(
    key.rate(apiKey),
    { expression: 'SET paidUntil = paidUntil + :cost, usedAt = :at', values: { ':cost': cost, ':at': iso(now) } },
    // No BETWEEN: DynamoDB refuses a lower bound above the upper one, by however little.
    { expression: 'paidUntil >= :now AND paidUntil <= :latest', values: { ':now': now, ':latest': now + ahead } },
  );
}

/** Begins the account of a key that is new, or has rested. False when another process did. */
function begun(apiKey: string, cost: number, now: number): Promise<boolean> {
  const account = { apiKey, paidUntil: now + cost, usedAt: iso(now) };
  const rested = { expression: 'attribute_not_exists(PK) OR paidUntil < :now', values: { ':now': now } };
  return put({ ...stamped('rate', account), ...key.rate(apiKey) }, rested);
}
