import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users.ts';
import { readPathReference } from '../../shared/domain/reference.ts';
import { User, userOf } from '../../shared/domain/user.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { nobody } from '../../shared/work/user-writes.ts';

/** Reads the user whom a reference names, as it is now. */
export const handler = action({ summary: 'Get a user', scope: 'users:read', output: User }, async ({ params, now }) => {
  const schema = await schemas.current('user', now);
  const reference = readPathReference(params.ref ?? '', schema, env.locale);
  const profile = reference && (await users.byReference(reference));
  if (!profile) throw nobody();
  return userOf(profile);
});
