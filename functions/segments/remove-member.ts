import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users.ts';
import { readPathReference } from '../../shared/domain/reference.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import * as members from '../../shared/work/members.ts';
import { nobody } from '../../shared/work/user-writes.ts';

/** Takes one user out of a manual segment; 204 also when the user was not in it. */
export const handler = action(
  {
    summary: 'Remove one member from a manual segment',
    scope: 'segments:write',
    status: 204,
  },
  async ({ params, now }) => {
    const id = params.id ?? '';
    const schema = await schemas.current('user', now);
    const reference = readPathReference(params.ref ?? '', schema, env.locale);
    const profile = reference && (await users.byReference(reference));
    if (!profile) throw nobody();
    await members.remove(id, { users: new Map([[profile.id, profile]]), notFound: [] }, schema, now);
  },
);
