import { write } from '../../data/segments/memberships.ts';
import * as profiles from '../../data/users/profiles.ts';
import type { Flips } from '../../domain/segments/membership.ts';
import type { Profile } from '../../domain/users/user.ts';

/** What has to be written so that a user's memberships are right; null is a user who is no more. */
export type Verdict = (profile: Profile | null) => Flips | Promise<Flips>;

const revisionOf = (profile: Profile | undefined) => profile?.revision ?? 0;

/**
 * Writes the memberships of some users outside the stream, and reads each user again afterwards, consistently, until
 * nobody has been written in between: whatever the stream does about a later change, it does after this.
 *
 * @param users with the profile that was read of each, consistently; a user who is no more has none
 * @param livesAs see `write`
 */
export async function settle(
  users: ReadonlyMap<string, Profile | undefined>,
  verdict: Verdict,
  now: number,
  livesAs?: (name: string) => string | undefined,
): Promise<void> {
  for (let pending = users; pending.size > 0; ) {
    const seen = pending;
    const flips = await Promise.all(
      [...seen].map(async ([user, profile]) => ({
        ...(await verdict(profile ?? null)),
        user,
        revision: revisionOf(profile),
        at: now,
      })),
    );
    await write(flips, livesAs);
    const again = await profiles.byIds([...seen.keys()], { consistent: true });
    const overtaken = [...seen.keys()].filter((user) => revisionOf(again.get(user)) !== revisionOf(seen.get(user)));
    pending = new Map(overtaken.map((user) => [user, again.get(user)]));
  }
}
