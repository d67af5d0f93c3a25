import { write } from '../../data/segments/memberships.ts';
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
 */
export async function writeUntilStable(
  users: ReadonlyMap<string, Profile | undefined>,
  flipsFor: FlipsFor,
  now: number,
  livesAs?: (name: string) => string | undefined,
): Promise<void> {
  for (let pending = users; pending.size > 0; ) {
    const read = pending;
    const flips = await Promise.all(
      [...read].map(async ([user, profile]) => ({
        ...(await flipsFor(profile ?? null)),
        user,
        revision: revisionOf(profile),
        at: now,
      })),
    );
    await write(flips, livesAs);
    const again = await profiles.byIds([...read.keys()], { consistent: true });
    const changed = [...read.keys()].filter((user) => revisionOf(again.get(user)) !== revisionOf(read.get(user)));
    pending = new Map(changed.map((user) => [user, again.get(user)]));
  }
}
