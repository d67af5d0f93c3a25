import * as members from '../../shared/app/segments/members.ts';
import { view } from '../../shared/app/segments/view.ts';
import * as writes from '../../shared/app/segments/writes.ts';
import * as schemas from '../../shared/data/schema.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { lostMembers, MadeSegment, NewSegment, readNewSegment } from '../../shared/domain/segments/input.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { startWalk } from '../../shared/runtime/start-walk.ts';

/** Makes a segment: a list at once, a rule as soon as all users have been asked. */
export const handler = action(
  {
    summary: 'Create a segment',
    description:
      'A `dynamic` segment needs a `rule` and is `evaluating` until all users have been asked; a `manual` one may be given `members`. A rule that cannot be checked is a 400 that points into the rule.',
    scope: 'segments:write',
    body: NewSegment,
    read: async ({ body, now }) =>
      readNewSegment(body, { schema: await schemas.fresh('user', now), locale: env.locale }),
    status: 201,
    output: MadeSegment,
    creates: {
      id: ({ id }) => id,
      path: '/v1/segments/',
      read: async (id, now) => segments.byId(id).then((definition) => definition && view(definition, now)),
    },
    recalls: lostMembers,
  },
  async ({ body, input: { named, rule }, now, chance }) => {
    const schema = await schemas.current('user', now);
    const listed = body.members && (await members.resolveForNew(body.members, schema, env.locale, now));
    const definition = await writes.create(named, rule, now, chance);
    if (rule) await startWalk(definition.id, definition.ruleVersion);
    const added = listed && (await members.add(definition.id, listed, schema, now));
    return { ...(await view(definition, now)), ...(added && { notFound: added.notFound }) };
  },
);
