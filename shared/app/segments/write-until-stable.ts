import { write } from '../../data/segments/memberships.ts';
import { AGAIN, retrying } from '../../data/table/retrying.ts';
import * as profiles from '../../data/users/profiles.ts';
import type { Flips } from '../../domain/segments/membership.ts';
import type { Profile } from '../../domain/users/user.ts';

/** Answers which memberships of a user have to be put and which deleted; null is a user who no longer exists. */
export type FlipsFor = (profile: Profile | null) => Flips | Promise<Flips>;

const revisionOf = (profile: Profile | undefined) => profile?.revision ?? 0;

/**
 * Writes the memberships of some users outside the stream. It reads each profile again after the write, consistently, and
 * writes again until the profile has the revision that was written for. The stream handles every later change of the
 * profile after this write, so the two never leave an old state behind.
 *
 * @param users the profiles by user id, read consistently; a user who no longer exists has none
 * @param livesAs see `write`
 * @throws Busy when a user is written again and again meanwhile
 */
export async function writeUntilStable(
  users: ReadonlyMap<string, Profile | undefined>,
  flipsFor: FlipsFor,
  now: number,
  livesAs?: (name: string) => string | undefined,
): Promise<void> {
  let read = users;
  await retrying('the memberships of users', async () => {
    const flips = await Promise.all(
      [...read].map(async ([user, profile]) => ({
        ...(await flipsFor(profile ?? null)),
        user,
        revision: revisionOf(profile),
        at: now,
      })),
    );
    await write(flips, livesAs);
    const { profiles: again, unreadable } = await profiles.byIds([...read.keys()], { consistent: true });
    // A profile that does not parse any more is no deleted user: the stream sends the user to repair.
    const found = [...read.keys()].filter((user) => !unreadable.has(user));
    const changed = found.filter((user) => revisionOf(again.get(user)) !== revisionOf(read.get(user)));
    read = new Map(changed.map((user) => [user, again.get(user)]));
    return read.size > 0 ? AGAIN : undefined;
  });
}
