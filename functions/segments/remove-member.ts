import * as members from '../../shared/app/segments/members.ts';
import { nobody } from '../../shared/app/users/writes.ts';
import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users/users.ts';
import { action } from '../../shared/runtime/action.ts';
import { referenceOfPath } from '../../shared/runtime/path-reference.ts';

/** Takes one user out of a manual segment; 204 also when the user was not in it. */
export const handler = action(
  {
    summary: 'Remove one member from a manual segment',
    scope: 'segments:write',
    status: 204,
  },
  async (call) => {
    const { params, now } = call;
    const profile = await users.byReference(await referenceOfPath(call));
    if (!profile) throw nobody();
    const schema = await schemas.current('user', now);
    await members.remove(params.id ?? '', { users: new Map([[profile.id, profile]]), notFound: [] }, schema, now);
  },
);
