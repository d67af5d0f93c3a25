import * as z from 'zod/mini';
import * as members from '../../shared/app/segments/members.ts';
import { placesOf, References, standingAt } from '../../shared/domain/segments/input.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';

/** Puts users into a manual segment. */
export const handler = action(
  {
    summary: 'Add members to a manual segment',
    description:
      'Up to 500 references; those that name nobody are answered in `notFound`. Repeated with the same `Idempotency-Key`, it answers what it answered first and adds nobody again, whoever was removed since.',
    scope: 'segments:write',
    body: z.strictObject({ users: References }),
    output: z.strictObject({ added: z.number(), alreadyIn: z.number(), notFound: z.readonly(z.array(z.string())) }),
    recalls: {
      numbers: ({ added, alreadyIn, notFound }, { users }) => [added, alreadyIn, ...placesOf(notFound, users)],
      answer: ([added = 0, alreadyIn = 0, ...lost], { users }) => ({
        added,
        alreadyIn,
        notFound: standingAt(lost, users),
      }),
    },
  },
  async ({ params, body, now }) => {
    const id = params.id ?? '';
    const { all, schema } = await members.resolveFor(id, body.users, env.locale, now);
    return members.add(id, all, schema, now);
  },
);
