import { follow, type Unhandled } from '../../shared/app/segments/follow.ts';
import { requestRepairs } from '../../shared/app/segments/request-repairs.ts';
import type { ItemChange } from '../../shared/data/table/item-change.ts';
import { isOutage } from '../../shared/data/table/outage.ts';
import { repairQueue } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { log, traceOf } from '../../shared/runtime/log.ts';
import { stream } from '../../shared/runtime/stream.ts';

const userOf = ({ before, after }: ItemChange) => String(after?.SK ?? before?.SK);

/** Follows a batch. When that fails, each user is followed alone, and only users who fail again are sent to repair. */
async function followed(changes: readonly ItemChange[], now: number): Promise<readonly Unhandled[]> {
  try {
    return await follow(changes, env.locale, now);
  } catch (error) {
    // A table that is throttled or out of reach is no fault of a user: Lambda delivers the whole batch again, in order.
    if (isOutage(error)) throw error;
    const users = [...new Set(changes.map(userOf))];
    if (users.length === 1) return users.map((user) => ({ user, error }));
    const each = users.map((user) => changes.filter((change) => userOf(change) === user));
    const unhandled: Unhandled[] = [];
    for (const own of each) unhandled.push(...(await followed(own, now)));
    return unhandled;
  }
}

/** Brings memberships up to the changes of profiles. A user who cannot be handled goes to the repair queue. */
export const handler = stream(async (changes, now) => {
  const unhandled = await followed(changes, now);
  for (const { user, error } of unhandled) log.error('user sent to repair', { user, ...traceOf(error) });
  const users = unhandled.map(({ user }) => user);
  if (users.length > 0) await requestRepairs(repairQueue(), users);
  return null;
});
