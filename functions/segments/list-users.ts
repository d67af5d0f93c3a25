import * as z from 'zod/mini';
import * as schemas from '../../shared/data/schema.ts';
import * as segments from '../../shared/data/segments.ts';
import { readFields } from '../../shared/domain/fields.ts';
import { action } from '../../shared/runtime/action.ts';
import { UserPage, userPage, userPageQuery } from '../../shared/runtime/user-page.ts';
import { noSegment } from '../../shared/work/segment-writes.ts';

/** Lists the users of a segment by sign-up time, with the segment's own columns unless others are asked for. */
export const handler = action(
  {
    summary: "List a segment's users",
    description: "As `GET /v1/users?segment=`, with the segment's columns as the default of `fields`.",
    scope: 'users:read',
    query: z.strictObject(userPageQuery),
    output: UserPage,
  },
  async (call) => {
    const { fields } = call.query;
    const schema = await schemas.knowing(fields?.split(',') ?? [], 'user', call.now);
    const named = readFields(fields, schema);
    const of = await segments.live(call.params.id ?? '');
    if (!of) throw noSegment();
    return userPage(call, of, named ?? of.columns);
  },
);
