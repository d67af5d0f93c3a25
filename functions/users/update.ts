import * as userWrites from '../../shared/app/users/writes.ts';
import * as schemas from '../../shared/data/schema.ts';
import { readUserInput, UserPatch } from '../../shared/domain/users/input.ts';
import { User, userOf } from '../../shared/domain/users/user.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { referenceOfPath } from '../../shared/runtime/path-reference.ts';

/** Changes a user: given properties change, null clears one, lists are replaced, the rest stays. */
export const handler = action(
  {
    summary: 'Change a user',
    description:
      'Given properties change, `null` clears one, the rest stays; `tags` and `companies` replace the list. Honours `If-Match`. A change that changes nothing keeps `version` and `updatedAt`.',
    scope: 'users:write',
    body: UserPatch,
    read: async ({ body, now }) => {
      const schema = await schemas.knowing(Object.keys(body.properties ?? {}), 'user', now);
      return readUserInput(body, schema, env.locale, now);
    },
    output: User,
  },
  async (call) => {
    const { input, now, ifMatch } = call;
    const reference = await referenceOfPath(call);
    const schema = await schemas.current('user', now);
    return userOf(await userWrites.update(reference, input, schema, now, ifMatch));
  },
);
