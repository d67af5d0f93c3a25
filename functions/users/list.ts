import * as z from 'zod/mini';
import { fieldsOf, userPage } from '../../shared/app/users/page.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { unknownReference } from '../../shared/domain/errors.ts';
import { action } from '../../shared/runtime/action.ts';
import { cursorTo, positionOf } from '../../shared/runtime/list.ts';
import { together } from '../../shared/runtime/together.ts';
import { UserPage, userPageQuery } from '../../shared/runtime/user-list.ts';

/** Lists users by sign-up time, all or those of a segment. */
export const handler = action(
  {
    summary: 'List users',
    description:
      'All users, or those of a `segment`, by sign-up time, newest first. With `fields`, a user holds `id` and the named fields only, each in its usual place; a property that is not set is left out. Follows writes within seconds.',
    scope: 'users:read',
    query: z.strictObject({ segment: z.optional(z.string()), ...userPageQuery }),
    check: async (asked) => {
      const of = await segments.live(asked.query.segment ?? 'all');
      const missing = unknownReference({ parameter: 'segment' }, 'segment');
      return together({
        of: of ? { value: of } : { faults: [missing] },
        fields: await fieldsOf(asked.query.fields, asked.now),
        position: positionOf(asked),
      });
    },
    output: UserPage,
  },
  async (call) => {
    const { last, ...page } = await userPage({ ...call.query, ...call.input });
    return { ...page, nextCursor: cursorTo(last, call) };
  },
);
