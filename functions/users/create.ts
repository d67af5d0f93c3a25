import * as userWrites from '../../shared/app/users/writes.ts';
import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users/users.ts';
import { NewUser, readNewUser } from '../../shared/domain/users/input.ts';
import { User, userOf } from '../../shared/domain/users/user.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { together } from '../../shared/runtime/together.ts';

/** Creates a user. Every identifier must be free. */
export const handler = action(
  {
    summary: 'Create a user',
    description:
      'Every identifier that is given must be free: else 409 `identifierTaken`, with an entry for each. At least one is needed. `signedUpAt` is now when it is not given, lies between 1970 and a day ahead, and is fixed for ever.',
    scope: 'users:write',
    body: NewUser,
    check: async ({ body, now }) => {
      const schema = await schemas.knowing(Object.keys(body.properties ?? {}), 'user', now);
      return together({ change: readNewUser(body, schema, env.locale, now), schema: { value: schema } });
    },
    status: 201,
    output: User,
    location: ({ id }) => `/v1/users/${id}`,
    replay: {
      remember: ({ id }) => ({ id }),
      answer: ({ id }) => users.byId(id).then((profile) => profile && userOf(profile)),
    },
  },
  async ({ input: { change, schema }, now, entropy }) => userOf(await userWrites.create(change, schema, now, entropy)),
);
