import { repair } from '../../shared/app/segments/repair.ts';
import { env } from '../../shared/runtime/env.ts';
import { queue } from '../../shared/runtime/queue.ts';

/** Corrects the memberships of one user by the current profile. The message is the user's id. */
export const handler = queue((user, now) => repair(user, env.locale, now));
