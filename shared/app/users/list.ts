import * as edges from '../../data/segments/edges.ts';
import type { Live } from '../../data/segments/segments.ts';
import * as profiles from '../../data/users/profiles.ts';
import * as users from '../../data/users/users.ts';
import { cutToBytes } from '../../domain/page.ts';
import { type User, userOf } from '../../domain/users/user.ts';

/** The filter and the order of a list of users, by sign-up time. The page begins behind the user id `after`. */
export type UserListing = {
  readonly of: Live;
  readonly after?: string | undefined;
  readonly limit: number;
  readonly newestFirst: boolean;
};

/** A page of users. The next one begins behind `last`, null at the end; `partial` when it ended before it was full. */
export type ListedUsers = { readonly users: readonly User[]; readonly last: string | null; readonly partial: boolean };

async function examined({ of, ...page }: UserListing): Promise<users.UserPage> {
  if (of.kind === 'all') return users.bySignUp(page);
  const members = await edges.ofSegment({ ...page, segment: of.segment, ruleVersion: of.ruleVersion });
  const { profiles: found } = await profiles.byIds(members.users);
  return { users: members.users.flatMap((id) => found.get(id) ?? []), last: members.last };
}

/** A page of users of a segment, or of all. A page ends early at 4 MB. */
export async function listed(listing: UserListing): Promise<ListedUsers> {
  const page = await examined(listing);
  const { items, cut } = cutToBytes(page.users.map(userOf));
  return { users: items, last: cut ? (items.at(-1)?.id ?? null) : page.last, partial: cut };
}
