import * as rates from '../../data/access/rates.ts';
import { perTable } from '../../data/table/client.ts';
import { Problem } from '../../domain/errors.ts';
import { NOBODY } from '../contract.ts';
import { env } from '../env.ts';
import type { ActionMiddleware } from '../pipeline.ts';

/** Requests of a key that this process has leased from the key's account and not yet used. */
type Leased = { left: number; readonly size: number; readonly takenAt: number };
const leasesOf = perTable(() => new Map<string, Leased>());

/** A lease is dropped after this time, in milliseconds, so that the account knows when a key was last used. */
const LEASE_LIFE = 60_000;
const FIRST_LEASE = 5;
const LARGEST_LEASE = 40;

/**
 * The size of the next lease: twice the last one when that was used up within a second, otherwise that of the first.
 * It is never more than a burst, which no account exceeds.
 */
function nextSize(last: Leased | undefined, burst: number, now: number): number {
  const size = last && now - last.takenAt < 1_000 ? Math.min(last.size * 2, LARGEST_LEASE) : FIRST_LEASE;
  return Math.min(size, burst);
}

/** @throws Problem `rateLimited`, with `Retry-After` in seconds */
async function assertRate(id: string, now: number): Promise<void> {
  const leases = leasesOf();
  const leased = leases.get(id);
  if (leased && leased.left > 0 && now - leased.takenAt < LEASE_LIFE) {
    leased.left -= 1;
    return;
  }
  const { rate } = env;
  const size = nextSize(leased, rate.burst, now);
  const lease = await rates.lease(id, size, rate, Date.now);
  if (!lease.granted) {
    const seconds = Math.ceil(lease.waitFor / 1000);
    const headers = { 'retry-after': String(seconds) };
    throw new Problem('rateLimited', `This API key asks too often. Try again in ${seconds} s.`, { headers });
  }
  leases.set(id, { left: size - 1, size, takenAt: now });
}

/** Counts a request against the rate of its key (429). */
export const rate: ActionMiddleware = {
  before: ({ context: { state } }) => (state.apiKey === NOBODY ? undefined : assertRate(state.apiKey.id, state.now)),
};
