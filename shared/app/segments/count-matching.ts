import pMap from 'p-map';
import { connected } from '../../data/table/client.ts';
import * as profiles from '../../data/users/profiles.ts';
import type { Matcher } from '../../domain/rules/compile.ts';
import type { Profile } from '../../domain/users/user.ts';

/** The number of users who match a rule, and the newest of them. `complete` is false when not all users were read. */
export type MatchCount = { readonly count: number; readonly complete: boolean; readonly newest: readonly Profile[] };

const byNewest = (a: Profile, b: Profile) => (a.id < b.id ? 1 : -1);

async function countInShard(
  shard: number,
  matches: (profile: Profile) => boolean,
  keep: number,
  hasTime: () => boolean,
): Promise<MatchCount> {
  let count = 0;
  let newest: readonly Profile[] = [];
  let after: string | null = null;
  do {
    if (!hasTime()) return { count, complete: false, newest };
    const page: profiles.ProfilePage = await profiles.ofShard(shard, after, { newestFirst: true });
    const matching = page.profiles.filter(matches);
    count += matching.length;
    newest = [...newest, ...matching].slice(0, keep);
    after = page.last;
  } while (after !== null);
  return { count, complete: true, newest };
}

/**
 * Reads all users, shard by shard, and counts those who match a rule, for as long as there is time. Eventually consistent.
 *
 * @param keep the most users that `newest` holds
 * @param hasTime asked before each page of a shard
 */
export async function countMatching(
  matcher: Matcher,
  { keep, hasTime, now }: { readonly keep: number; readonly hasTime: () => boolean; readonly now: number },
): Promise<MatchCount> {
  const { shards } = connected();
  const matches = (profile: Profile) => matcher(profile, now).matches;
  const parts = await pMap(
    Array.from({ length: shards }, (_, shard) => shard),
    (shard) => countInShard(shard, matches, keep, hasTime),
    { concurrency: shards },
  );
  return {
    count: parts.reduce((sum, part) => sum + part.count, 0),
    complete: parts.every((part) => part.complete),
    newest: parts
      .flatMap((part) => part.newest)
      .sort(byNewest)
      .slice(0, keep),
  };
}
