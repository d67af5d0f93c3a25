import * as z from 'zod/mini';
import * as schemas from '../../shared/data/schema.ts';
import * as segments from '../../shared/data/segments.ts';
import { listed } from '../../shared/data/user-list.ts';
import { unknownReference } from '../../shared/domain/errors.ts';
import { narrowed, readFields } from '../../shared/domain/fields.ts';
import { ListedUser } from '../../shared/domain/user.ts';
import { action } from '../../shared/runtime/action.ts';
import { cursorTo, pageOf, pageQuery, positionOf } from '../../shared/runtime/list.ts';

/** Lists users by sign-up time, all or those of a segment. */
export const handler = action(
  {
    summary: 'List users',
    description:
      'By sign-up time, newest first. With `fields`, a user holds `id` and the named fields only, each in its usual place. Follows writes within seconds.',
    scope: 'users:read',
    query: z.strictObject({
      segment: z.optional(z.string()),
      fields: z.optional(z.string()),
      order: z._default(z.enum(['newest', 'oldest']), 'newest'),
      ...pageQuery,
    }),
    output: pageOf(ListedUser),
  },
  async (call) => {
    const { query, now } = call;
    const schema = await schemas.knowing(query.fields?.split(',') ?? [], 'user', now);
    const fields = readFields(query.fields, schema);
    const of = await segments.live(query.segment ?? 'all');
    if (!of) throw unknownReference({ parameter: 'segment' }, 'segment');
    const [after] = positionOf(call) ?? [];
    const page = await listed({ of, after, limit: query.limit, newestFirst: query.order === 'newest' });
    return {
      data: page.users.map((user) => narrowed(user, fields)),
      nextCursor: cursorTo(page.last === null ? null : [page.last], call),
      ...(page.partial && { partial: true as const }),
    };
  },
);
