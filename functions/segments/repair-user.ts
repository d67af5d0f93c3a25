import { repair } from '../../shared/app/segments/repair.ts';
import { env } from '../../shared/runtime/env.ts';
import { queue } from '../../shared/runtime/queue.ts';

/** Sets the memberships of one user right from the profile as it is now. A message holds the user's id. */
export const handler = queue((user, now) => repair(user, env.locale, now));
