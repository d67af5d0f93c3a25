import * as z from 'zod/mini';
import { viewsOf } from '../../shared/app/segments/view.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { Segment, SegmentKind } from '../../shared/domain/segments/segment.ts';
import { action } from '../../shared/runtime/action.ts';
import { cursorTo, pageOf, pageQuery, positionOf } from '../../shared/runtime/list.ts';
import { flag } from '../../shared/runtime/query.ts';

/** Lists segments, `all` first, then by the time of their creation. */
export const handler = action(
  {
    summary: 'List segments',
    description: 'The built-in segment `all` comes first, then the others by the time of their creation.',
    scope: 'segments:read',
    query: z.strictObject({
      kind: z.optional(SegmentKind),
      archived: z._default(flag, false),
      ...pageQuery,
    }),
    check: positionOf,
    output: pageOf(Segment),
  },
  async (call) => {
    const { kind, archived, limit } = call.query;
    const after = call.input?.[0];
    const page = archived ? segments.NO_SEGMENTS : await segments.page({ kind, after, limit });
    const next = cursorTo(page.last === null ? null : [page.last], call);
    return { data: await viewsOf(page.segments, call.now), nextCursor: next };
  },
);
