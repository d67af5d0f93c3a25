import * as z from 'zod/mini';
import { ListedUser } from '../domain/users/user.ts';
import { pageOf, pageQuery } from './list.ts';
import { commaList } from './query.ts';

/** Query parameters of every list of users. */
export const userPageQuery = {
  fields: z.optional(commaList),
  order: z._default(z.enum(['newest', 'oldest']), 'newest'),
  ...pageQuery,
};

/** The answer of every list of users. */
export const UserPage = pageOf(ListedUser);
