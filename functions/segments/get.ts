import { viewById } from '../../shared/app/segments/view.ts';
import { noSegment } from '../../shared/app/segments/writes.ts';
import { Segment } from '../../shared/domain/segments/segment.ts';
import { action } from '../../shared/runtime/action.ts';
import { IdPath } from '../../shared/runtime/path.ts';

/** Reads a segment as it is now, with the number of its members. */
export const handler = action(
  {
    summary: 'Get a segment',
    description:
      '`memberCount` is at most a minute old up to 100,000 members, an hour above. While `state` is `evaluating` or `failed`, the old membership answers; a failed evaluation is no fault of the rule, and is tried again by itself. `version` rises when the state changes, since it is part of what is shown.',
    scope: 'segments:read',
    path: IdPath,
    output: Segment,
  },
  async ({ path, now }) => {
    const segment = await viewById(path.id, now);
    if (!segment) throw noSegment();
    return segment;
  },
);
