import * as z from 'zod/mini';
import { noSegment } from '../../shared/app/segments/writes.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { action } from '../../shared/runtime/action.ts';
import { IdPath } from '../../shared/runtime/path.ts';
import { together } from '../../shared/runtime/together.ts';
import { readUserPage, UserPage, userPage, userPageQuery } from '../../shared/runtime/user-page.ts';

/** Lists the users of a segment by sign-up time, with the segment's own columns unless the query names fields. */
export const handler = action(
  {
    summary: "List a segment's users",
    description: "As `GET /v1/users?segment=`, with the segment's columns as the default of `fields`.",
    scope: 'users:read',
    path: IdPath,
    query: z.strictObject(userPageQuery),
    check: async (asked) => together(await readUserPage(asked)),
    output: UserPage,
  },
  async (call) => {
    const of = await segments.live(call.path.id);
    if (!of) throw noSegment();
    return userPage(call, of, { ...call.input, fields: call.input.fields ?? of.columns });
  },
);
