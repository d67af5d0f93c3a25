import { follow } from '../../shared/app/segments/follow.ts';
import { isOutage } from '../../shared/data/table/outage.ts';
import { env } from '../../shared/runtime/env.ts';
import { log, traceOf } from '../../shared/runtime/log.ts';
import { type Change, stream } from '../../shared/runtime/records.ts';
import { requestRepairs } from '../../shared/runtime/repairs.ts';

const userOf = ({ before, after }: Change) => String(after?.SK ?? before?.SK);

/** Follows a batch; when something in it stands in the way, user by user, so that only whoever it is waits for repair. */
async function followed(changes: readonly Change[], now: number): Promise<readonly string[]> {
  try {
    return await follow(changes, env.locale, now);
  } catch (error) {
    // What is only busy or out of reach is tried again with the whole batch, in order.
    if (isOutage(error)) throw error;
    log.warn('batch followed user by user', traceOf(error));
    const users = [...new Set(changes.map(userOf))];
    if (users.length === 1) return users;
    const each = users.map((user) => changes.filter((change) => userOf(change) === user));
    const unreadable: string[] = [];
    for (const own of each) unreadable.push(...(await followed(own, now)));
    return unreadable;
  }
}

/** Brings memberships up to what changed in profiles. A user who cannot be handled goes to the repair queue. */
export const handler = stream(async (changes, now) => {
  await requestRepairs(await followed(changes, now));
  return null;
});
