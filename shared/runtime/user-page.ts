import * as z from 'zod/mini';
import type { Live } from '../data/segments.ts';
import { narrowed } from '../domain/fields.ts';
import { ListedUser } from '../domain/user.ts';
import { listed } from '../work/user-list.ts';
import { cursorTo, pageOf, pageQuery, positionOf } from './list.ts';

/** Query parameters of every list of users. */
export const userPageQuery = {
  fields: z.optional(z.string()),
  order: z._default(z.enum(['newest', 'oldest']), 'newest'),
  ...pageQuery,
};

/** What every list of users answers. */
export const UserPage = pageOf(ListedUser);

type Asked = {
  readonly path: string;
  readonly query: { readonly limit: number; readonly order: 'newest' | 'oldest' } & Readonly<Record<string, unknown>>;
};

/** The asked page of a segment's users, or of all, with these fields; null: with all of them. */
export async function userPage(
  call: Asked,
  of: Live,
  fields: readonly string[] | null,
): Promise<z.infer<typeof UserPage>> {
  const { limit, order } = call.query;
  const page = await listed({ of, after: positionOf(call)?.[0], limit, newestFirst: order === 'newest' });
  return {
    data: page.users.map((user) => narrowed(user, fields)),
    nextCursor: cursorTo(page.last === null ? null : [page.last], call),
    ...(page.partial && { partial: true as const }),
  };
}
