import * as z from 'zod/mini';
import * as members from '../../shared/app/segments/members.ts';
import { References } from '../../shared/domain/segments/input.ts';
import { placesOf, standingAt } from '../../shared/domain/segments/made.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { IdPath } from '../../shared/runtime/path.ts';

/** Adds users to a manual segment. */
export const handler = action(
  {
    summary: 'Add members to a manual segment',
    description:
      'Up to 500 references; those that name no user are answered in `notFound`. A user is in at most 200 manual segments. The version does not change, and `If-Match` is not looked at. Repeated with the same `Idempotency-Key`, it repeats its first answer and adds no user again, also when users were removed since.',
    scope: 'segments:write',
    path: IdPath,
    body: z.strictObject({ users: References }),
    output: z.strictObject({ added: z.number(), alreadyIn: z.number(), notFound: z.readonly(z.array(z.string())) }),
    replay: {
      remember: ({ added, alreadyIn, notFound }, { users }) => ({
        numbers: [added, alreadyIn, ...placesOf(notFound, users)],
      }),
      answer: ({ numbers: [added = 0, alreadyIn = 0, ...places] }, { body }) => ({
        added,
        alreadyIn,
        notFound: standingAt(places, body.users),
      }),
    },
  },
  async ({ path: { id }, body, now }) => {
    const all = await members.resolveFor(id, body.users, env.locale, now);
    return members.add(id, all);
  },
);
