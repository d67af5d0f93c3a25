import * as z from 'zod/mini';
import * as members from '../../shared/app/segments/members.ts';
import { References } from '../../shared/domain/segments/input.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { IdPath } from '../../shared/runtime/path.ts';

/** Removes users from a manual segment. The users themselves are not deleted. */
export const handler = action(
  {
    summary: 'Remove members from a manual segment',
    description:
      'Up to 500 references; those that name no user are answered in `notFound`. The users stay. `If-Match` is not looked at.',
    scope: 'segments:write',
    path: IdPath,
    body: z.strictObject({ users: References }),
    output: z.strictObject({ removed: z.number(), notIn: z.number(), notFound: z.readonly(z.array(z.string())) }),
  },
  async ({ path: { id }, body, now }) => {
    const all = await members.resolveFor(id, body.users, env.locale, now);
    return members.remove(id, all);
  },
);
