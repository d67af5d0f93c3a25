import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users.ts';
import { User, userOf } from '../../shared/domain/user.ts';
import { NewUser, readUserInput } from '../../shared/domain/user-input.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import * as userWrites from '../../shared/work/user-writes.ts';

/** Makes a user. Every identifier must be free. */
export const handler = action(
  {
    summary: 'Create a user',
    description:
      'Every identifier that is given must be free: else 409 `identifierTaken`, with an entry for each. `signedUpAt` is now when it is not given, lies between 1970 and a day ahead, and is fixed for ever.',
    scope: 'users:write',
    body: NewUser,
    status: 201,
    output: User,
    creates: {
      id: (user) => user.id,
      path: '/v1/users/',
      read: (id) => users.byId(id).then((profile) => profile && userOf(profile)),
    },
  },
  async ({ body, now, chance }) => {
    const schema = await schemas.knowing(Object.keys(body.properties), 'user', now);
    const change = readUserInput(body, schema, env.locale, now);
    return userOf(await userWrites.create(change, schema, now, chance));
  },
);
