import { view } from '../../shared/app/segments/view.ts';
import { noSegment } from '../../shared/app/segments/writes.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { Segment } from '../../shared/domain/segments/segment.ts';
import { action } from '../../shared/runtime/action.ts';

/** Reads a segment as it is now, with the number of its members. */
export const handler = action(
  {
    summary: 'Get a segment',
    description: '`memberCount` is at most a minute old up to 100,000 members, an hour above.',
    scope: 'segments:read',
    output: Segment,
  },
  async ({ params, now }) => {
    const definition = await segments.byId(params.id ?? '');
    if (!definition) throw noSegment();
    return view(definition, now);
  },
);
