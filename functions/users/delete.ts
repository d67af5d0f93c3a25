import * as schemas from '../../shared/data/schema.ts';
import { readPathReference } from '../../shared/domain/reference.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import * as userWrites from '../../shared/work/user-writes.ts';

/** Deletes a user: reads by reference are 404 at once, its identifiers are free, its segments lose it within seconds. */
export const handler = action(
  {
    summary: 'Delete a user',
    description: 'Reads by reference are 404 at once; lists and segments follow within seconds. Honours `If-Match`.',
    scope: 'users:write',
    status: 204,
  },
  async ({ params, now, ifMatch }) => {
    const schema = await schemas.current('user', now);
    const reference = readPathReference(params.ref ?? '', schema, env.locale);
    if (!reference) throw userWrites.nobody();
    await userWrites.remove(reference, schema, ifMatch);
  },
);
