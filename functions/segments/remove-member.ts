import * as z from 'zod/mini';
import * as members from '../../shared/app/segments/members.ts';
import { referenceOf } from '../../shared/app/users/reference.ts';
import { noSuchUser } from '../../shared/app/users/writes.ts';
import * as users from '../../shared/data/users/users.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { IdPath, ref } from '../../shared/runtime/path.ts';

/** Removes one user from a manual segment; 204 also when the user was not in it. */
export const handler = action(
  {
    summary: 'Remove one member from a manual segment',
    description: '204 also when the user was not a member. A segment or a user that is not there is a 404.',
    scope: 'segments:write',
    path: z.extend(IdPath, { ref }),
    status: 204,
  },
  async ({ path, now }) => {
    const profile = await users.byReference(await referenceOf(path.ref, env.locale, now));
    if (!profile) throw noSuchUser();
    await members.remove(path.id, { users: new Map([[profile.id, profile]]), notFound: [] });
  },
);
