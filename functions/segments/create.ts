import * as members from '../../shared/app/segments/members.ts';
import { startWalk } from '../../shared/app/segments/start-walk.ts';
import { view, viewById } from '../../shared/app/segments/view.ts';
import * as writes from '../../shared/app/segments/writes.ts';
import * as schemas from '../../shared/data/schema.ts';
import { NewSegment, readNewSegment } from '../../shared/domain/segments/input.ts';
import { lostPlaces, MadeSegment, madeAgain, madeOf } from '../../shared/domain/segments/made.ts';
import { action } from '../../shared/runtime/action.ts';
import { segmentWalkWorkflow } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { together } from '../../shared/runtime/together.ts';

export const handler = action(
  {
    summary: 'Create a segment',
    description:
      'A `dynamic` segment needs a `rule` and is `evaluating` until the rule has been evaluated for all users; a `manual` one may be given `members`. A rule that cannot be checked is a 400 that points into the rule.',
    scope: 'segments:write',
    body: NewSegment,
    check: async ({ body, now }) => {
      const schema = await schemas.fresh('user', now);
      return together({ segment: readNewSegment(body, { schema, locale: env.locale }), schema: { value: schema } });
    },
    status: 201,
    output: MadeSegment,
    location: ({ id }) => `/v1/segments/${id}`,
    replay: {
      remember: (made, body) => ({ id: made.id, numbers: lostPlaces(made, body) }),
      answer: async ({ id, numbers }, { body, now }) => madeAgain(await viewById(id, now), body, numbers),
    },
  },
  async ({ body, input: { segment, schema }, now, entropy }) => {
    const listed = body.members && (await members.resolveForNew(body.members, schema, env.locale));
    const definition = await writes.create(segment.named, segment.rule, now, entropy);
    if (segment.rule) await startWalk(segmentWalkWorkflow(), definition.id, definition.ruleVersion);
    const added = listed && (await members.add(definition.id, listed));
    return madeOf(await view(definition, now), added?.notFound);
  },
);
