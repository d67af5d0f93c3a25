import { referenceBy } from '../../shared/app/users/reference.ts';
import * as userWrites from '../../shared/app/users/writes.ts';
import * as schemas from '../../shared/data/schema.ts';
import { readUserInput, UserPatch } from '../../shared/domain/users/input.ts';
import { fieldsNamed } from '../../shared/domain/users/reference.ts';
import { User, userOf } from '../../shared/domain/users/user.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { UserPath } from '../../shared/runtime/path.ts';
import { together } from '../../shared/runtime/together.ts';

/** Changes a user: null clears a property, a list replaces the stored one, and what is not given stays. */
export const handler = action(
  {
    summary: 'Change a user',
    description:
      'Given properties change, `null` clears one, the rest stays; `tags` and `companies` replace the list. `signedUpAt` and `status` cannot be changed here. Honours `If-Match`. A change that changes nothing keeps `version` and `updatedAt`.',
    scope: 'users:write',
    path: UserPath,
    ifMatch: true,
    body: UserPatch,
    check: async ({ path, body, now }) => {
      const named = [...Object.keys(body.properties ?? {}), ...fieldsNamed([path.ref ?? ''])];
      const schema = await schemas.knowing(named, 'user', now);
      return together({ change: readUserInput(body, schema, env.locale, now), schema: { value: schema } });
    },
    output: User,
  },
  async ({ path, input: { change, schema }, now, ifMatch }) => {
    const reference = referenceBy(path.ref, schema, env.locale);
    return userOf(await userWrites.update(reference, change, schema, now, ifMatch));
  },
);
