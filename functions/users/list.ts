import * as z from 'zod/mini';
import * as schemas from '../../shared/data/schema.ts';
import * as segments from '../../shared/data/segments.ts';
import { unknownReference } from '../../shared/domain/errors.ts';
import { readFields } from '../../shared/domain/fields.ts';
import { action } from '../../shared/runtime/action.ts';
import { UserPage, userPage, userPageQuery } from '../../shared/runtime/user-page.ts';

/** Lists users by sign-up time, all or those of a segment. */
export const handler = action(
  {
    summary: 'List users',
    description:
      'By sign-up time, newest first. With `fields`, a user holds `id` and the named fields only, each in its usual place. Follows writes within seconds.',
    scope: 'users:read',
    query: z.strictObject({ segment: z.optional(z.string()), ...userPageQuery }),
    output: UserPage,
  },
  async (call) => {
    const { fields, segment = 'all' } = call.query;
    const schema = await schemas.knowing(fields?.split(',') ?? [], 'user', call.now);
    const named = readFields(fields, schema);
    const of = await segments.live(segment);
    if (!of) throw unknownReference({ parameter: 'segment' }, 'segment');
    return userPage(call, of, named);
  },
);
