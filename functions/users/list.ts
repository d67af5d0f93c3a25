import * as z from 'zod/mini';
import * as segments from '../../shared/data/segments/segments.ts';
import { unknownReference } from '../../shared/domain/errors.ts';
import { action } from '../../shared/runtime/action.ts';
import { together } from '../../shared/runtime/together.ts';
import { readUserPage, UserPage, userPage, userPageQuery } from '../../shared/runtime/user-page.ts';

/** Lists users by sign-up time, all or those of a segment. */
export const handler = action(
  {
    summary: 'List users',
    description:
      'By sign-up time, newest first. With `fields`, a user holds `id` and the named fields only, each in its usual place. Follows writes within seconds.',
    scope: 'users:read',
    query: z.strictObject({ segment: z.optional(z.string()), ...userPageQuery }),
    check: async (asked) => {
      const of = await segments.live(asked.query.segment ?? 'all');
      const missing = unknownReference({ parameter: 'segment' }, 'segment');
      return together({ ...(await readUserPage(asked)), of: of ? { value: of } : { faults: [missing] } });
    },
    output: UserPage,
  },
  (call) => userPage(call, call.input.of, call.input),
);
