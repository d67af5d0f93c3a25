import * as z from 'zod/mini';
import { referenceOf } from '../../shared/app/users/reference.ts';
import { segmentsOf, UserSegment } from '../../shared/app/users/segments.ts';
import { noSuchUser } from '../../shared/app/users/writes.ts';
import * as users from '../../shared/data/users/users.ts';
import { User, userOf } from '../../shared/domain/users/user.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';
import { UserPath } from '../../shared/runtime/path.ts';

const Included = z.strictObject({ segments: z.readonly(z.array(UserSegment)) });

/** Reads a user by reference, as it is now. */
export const handler = action(
  {
    summary: 'Get a user',
    description:
      '`include=segments` adds the segments that the user is in; these follow within seconds, and such an answer has no `ETag`.',
    scope: 'users:read',
    path: UserPath,
    query: z.strictObject({ include: z.optional(z.enum(['segments'])) }),
    output: z.extend(User, { included: z.exactOptional(Included) }),
  },
  async ({ path, query, now }) => {
    const profile = await users.byReference(await referenceOf(path.ref, env.locale, now));
    if (!profile) throw noSuchUser();
    const user = userOf(profile);
    return query.include ? { ...user, included: { segments: await segmentsOf(profile.id) } } : user;
  },
);
