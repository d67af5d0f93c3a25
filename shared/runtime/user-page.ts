import * as z from 'zod/mini';
import { listed } from '../app/users/list.ts';
import * as schemas from '../data/schema.ts';
import type { Live } from '../data/segments/segments.ts';
import type { Position } from '../domain/cursor.ts';
import { narrowed, readFields } from '../domain/users/fields.ts';
import { ListedUser } from '../domain/users/user.ts';
import type { Asked } from './contract.ts';
import { cursorTo, pageOf, pageQuery, positionOf } from './list.ts';
import { commaList } from './query.ts';

/** Query parameters of every list of users. */
export const userPageQuery = {
  fields: z.optional(commaList),
  order: z._default(z.enum(['newest', 'oldest']), 'newest'),
  ...pageQuery,
};

/** What every list of users answers. */
export const UserPage = pageOf(ListedUser);

type Query = { readonly limit: number; readonly order: 'newest' | 'oldest' } & Readonly<Record<string, unknown>>;
type Listing = { readonly rawPath: string; readonly query: Query };

/** Where a page begins, and the fields that were asked for; null: all of them. */
export type PageInput = { readonly position: Position | undefined; readonly fields: readonly string[] | null };

/** Reads of a list's query what its schema cannot know. */
export async function readUserPage<Q extends { readonly fields?: readonly string[] | undefined }>({
  query,
  rawPath,
  now,
}: Pick<Asked<unknown, Q, unknown>, 'query' | 'rawPath' | 'now'>) {
  const schema = await schemas.knowing(query.fields ?? [], 'user', now);
  return { fields: readFields(query.fields, schema), position: positionOf({ query, rawPath }) };
}

/** The asked page of a segment's users, or of all, with these fields; null: with all of them. */
export async function userPage(
  call: Listing,
  of: Live,
  { position, fields }: PageInput,
): Promise<z.infer<typeof UserPage>> {
  const { limit, order } = call.query;
  const page = await listed({ of, after: position?.[0], limit, newestFirst: order === 'newest' });
  return {
    data: page.users.map((user) => narrowed(user, fields)),
    nextCursor: cursorTo(page.last === null ? null : [page.last], call),
    ...(page.partial && { partial: true as const }),
  };
}
