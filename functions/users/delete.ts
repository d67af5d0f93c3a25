import { referenceOf } from '../../shared/app/users/reference.ts';
import * as userWrites from '../../shared/app/users/writes.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { UserPath } from '../../shared/runtime/path.ts';

/** Deletes a user and frees its identifiers. Its memberships are deleted within seconds, by the stream. */
export const handler = action(
  {
    summary: 'Delete a user',
    description:
      'Reads by reference are 404 at once, and the identifiers are free; lists and segments follow within seconds. A second call is a 404. Honours `If-Match`.',
    scope: 'users:write',
    path: UserPath,
    ifMatch: true,
    status: 204,
  },
  async ({ path, now, ifMatch }) => {
    await userWrites.remove(await referenceOf(path.ref, env.locale, now), now, ifMatch);
  },
);
