import * as userWrites from '../../shared/app/users/writes.ts';
import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users/users.ts';
import { NewUser, readNewUser } from '../../shared/domain/users/input.ts';
import { User, userOf } from '../../shared/domain/users/user.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';

/** Makes a user. Every identifier must be free. */
export const handler = action(
  {
    summary: 'Create a user',
    description:
      'Every identifier that is given must be free: else 409 `identifierTaken`, with an entry for each. `signedUpAt` is now when it is not given, lies between 1970 and a day ahead, and is fixed for ever.',
    scope: 'users:write',
    body: NewUser,
    read: async ({ body, now }) => {
      const schema = await schemas.knowing(Object.keys(body.properties ?? {}), 'user', now);
      return readNewUser(body, schema, env.locale, now);
    },
    status: 201,
    output: User,
    creates: {
      id: (user) => user.id,
      path: '/v1/users/',
      read: (id) => users.byId(id).then((profile) => profile && userOf(profile)),
    },
  },
  async ({ input, now, chance }) =>
    userOf(await userWrites.create(input, await schemas.current('user', now), now, chance)),
);
