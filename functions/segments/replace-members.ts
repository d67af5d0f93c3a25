import * as z from 'zod/mini';
import * as members from '../../shared/app/segments/members.ts';
import { startWalk } from '../../shared/app/segments/start-walk.ts';
import { References } from '../../shared/domain/segments/input.ts';
import { action } from '../../shared/runtime/action.ts';
import { segmentWalkWorkflow } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { IdPath } from '../../shared/runtime/path.ts';

/** Puts a new list in the place of a manual segment's members. */
export const handler = action(
  {
    summary: 'Replace the members of a manual segment',
    description:
      'Up to 500 references; those that name no user are answered in `notFound`. The old members are the members until the new list is whole. `If-Match` is not looked at.',
    scope: 'segments:write',
    path: IdPath,
    body: z.strictObject({ users: References }),
    output: z.strictObject({ added: z.number(), alreadyIn: z.number(), notFound: z.readonly(z.array(z.string())) }),
  },
  async ({ path: { id }, body, now }) => {
    const all = await members.resolveFor(id, body.users, env.locale, now);
    const { ruleVersion, ...answer } = await members.replace(id, all, now);
    await startWalk(segmentWalkWorkflow(), id, ruleVersion);
    return answer;
  },
);
