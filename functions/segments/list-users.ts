import * as z from 'zod/mini';
import { noSegment } from '../../shared/app/segments/writes.ts';
import { fieldsOf, userPage } from '../../shared/app/users/page.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { action } from '../../shared/runtime/action.ts';
import { cursorTo, positionOf } from '../../shared/runtime/list.ts';
import { IdPath } from '../../shared/runtime/path.ts';
import { together } from '../../shared/runtime/together.ts';
import { UserPage, userPageQuery } from '../../shared/runtime/user-list.ts';

/** Lists the users of a segment by sign-up time, with the segment's own columns unless the query names fields. */
export const handler = action(
  {
    summary: "List a segment's users",
    description: "As `GET /v1/users?segment=`, with the segment's columns as the default of `fields`.",
    scope: 'users:read',
    path: IdPath,
    query: z.strictObject(userPageQuery),
    check: async (asked) =>
      together({ fields: await fieldsOf(asked.query.fields, asked.now), position: positionOf(asked) }),
    output: UserPage,
  },
  async (call) => {
    const of = await segments.live(call.path.id);
    if (!of) throw noSegment();
    const { fields, position } = call.input;
    const { last, ...page } = await userPage({ ...call.query, of, position, fields: fields ?? of.columns });
    return { ...page, nextCursor: cursorTo(last, call) };
  },
);
