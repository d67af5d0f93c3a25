import * as schemas from '../../data/schema.ts';
import type { Live } from '../../data/segments/segments.ts';
import type { Position } from '../../domain/cursor.ts';
import type { Reading } from '../../domain/report.ts';
import { narrowed, readFields } from '../../domain/users/fields.ts';
import type { ListedUser } from '../../domain/users/user.ts';
import { listed } from './list.ts';

/** The fields that a query names; null, for all of them, when it names none. */
export async function fieldsOf(
  names: readonly string[] | undefined,
  now: number,
): Promise<Reading<readonly string[] | null>> {
  return readFields(names, await schemas.knowing(names ?? [], 'user', now));
}

/** A request for a page of users: the filter, the position at which it begins, and the fields to show; null for all. */
type UserPageQuery = {
  readonly of: Live;
  readonly fields: readonly string[] | null;
  readonly position: Position | undefined;
  readonly limit: number;
  readonly order: 'newest' | 'oldest';
};

/** A page of users; `last` is where the next one begins, null at the end of the list. */
export async function userPage({ of, fields, position, limit, order }: UserPageQuery): Promise<{
  readonly data: readonly ListedUser[];
  readonly last: Position | null;
  readonly partial?: true;
}> {
  const { users, last, partial } = await listed({ of, after: position?.[0], limit, newestFirst: order === 'newest' });
  return {
    data: users.map((user) => narrowed(user, fields)),
    last: last === null ? null : [last],
    ...(partial && { partial }),
  };
}
