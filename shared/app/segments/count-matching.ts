import { connected } from '../../data/table/client.ts';
import * as profiles from '../../data/users/profiles.ts';
import { inParallel } from '../../domain/in-parallel.ts';
import type { Matcher } from '../../domain/rules/compile.ts';
import type { Profile } from '../../domain/users/user.ts';

/** How many users a rule holds for, whether all were asked, and the newest of them. */
export type Tally = { readonly count: number; readonly complete: boolean; readonly newest: readonly Profile[] };

const byNewest = (a: Profile, b: Profile) => (a.id < b.id ? 1 : -1);

async function tallyShard(
  shard: number,
  holds: (profile: Profile) => boolean,
  keep: number,
  hasTime: () => boolean,
): Promise<Tally> {
  let count = 0;
  let newest: readonly Profile[] = [];
  let after: string | null = null;
  do {
    if (!hasTime()) return { count, complete: false, newest };
    const page: profiles.ProfilePage = await profiles.ofShard(shard, after, { newestFirst: true });
    const matching = page.profiles.filter(holds);
    count += matching.length;
    newest = [...newest, ...matching].slice(0, keep);
    after = page.last;
  } while (after !== null);
  return { count, complete: true, newest };
}

/** Asks a rule about every user, shard by shard, for as long as there is time. Eventually consistent. */
export async function tally(
  matcher: Matcher,
  { keep, hasTime, now }: { readonly keep: number; readonly hasTime: () => boolean; readonly now: number },
): Promise<Tally> {
  const { shards } = connected();
  const holds = (profile: Profile) => matcher(profile, now).matches;
  const parts = await inParallel(
    Array.from({ length: shards }, (_, shard) => shard),
    shards,
    (shard) => tallyShard(shard, holds, keep, hasTime),
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
