import { startWalk } from '../../shared/app/segments/start-walk.ts';
import { view } from '../../shared/app/segments/view.ts';
import { change } from '../../shared/app/segments/writes.ts';
import * as schemas from '../../shared/data/schema.ts';
import { readPatch, SegmentPatch } from '../../shared/domain/segments/input.ts';
import { Segment } from '../../shared/domain/segments/segment.ts';
import { action } from '../../shared/runtime/action.ts';
import { segmentWalkWorkflow } from '../../shared/runtime/clients.ts';
import { env } from '../../shared/runtime/env.ts';
import { IdPath } from '../../shared/runtime/path.ts';

/** Changes a segment. A new rule is evaluated for all users; until that is done, the old membership answers. */
export const handler = action(
  {
    summary: 'Change a segment',
    description:
      'What is not given stays. A new `rule` evaluates anew, and the old membership answers until the new one is ready; a rule that means the same in other words evaluates nothing. Of the segment `all` only the columns change. Honours `If-Match`.',
    scope: 'segments:write',
    path: IdPath,
    ifMatch: true,
    body: SegmentPatch,
    check: async ({ body, now }) => readPatch(body, { schema: await schemas.fresh('user', now), locale: env.locale }),
    output: Segment,
  },
  async ({ path, input: patch, now, ifMatch }) => {
    const at = new Date(now).toISOString();
    const { before, after } = await change(path.id, (segment) => patch(segment, at, ifMatch), now);
    if (after.ruleVersion !== before.ruleVersion) await startWalk(segmentWalkWorkflow(), after.id, after.ruleVersion);
    return view(after, now);
  },
);
