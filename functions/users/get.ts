import * as z from 'zod/mini';
import * as schemas from '../../shared/data/schema.ts';
import * as users from '../../shared/data/users.ts';
import { readPathReference } from '../../shared/domain/reference.ts';
import { User, userOf } from '../../shared/domain/user.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { segmentsOf, UserSegment } from '../../shared/work/user-segments.ts';
import { nobody } from '../../shared/work/user-writes.ts';

const Included = z.strictObject({ segments: z.readonly(z.array(UserSegment)) });

/** Reads the user whom a reference names, as it is now. */
export const handler = action(
  {
    summary: 'Get a user',
    description: '`include=segments` adds the segments that the user is in; these follow within seconds.',
    scope: 'users:read',
    query: z.strictObject({ include: z.optional(z.enum(['segments'])) }),
    output: z.extend(User, { included: z.exactOptional(Included) }),
  },
  async ({ params, query, now }) => {
    const schema = await schemas.current('user', now);
    const reference = readPathReference(params.ref ?? '', schema, env.locale);
    const profile = reference && (await users.byReference(reference));
    if (!profile) throw nobody();
    const user = userOf(profile);
    return query.include ? { ...user, included: { segments: await segmentsOf(profile.id) } } : user;
  },
);
