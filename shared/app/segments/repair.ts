import * as edges from '../../data/segments/edges.ts';
import { ofUser } from '../../data/segments/memberships.ts';
import * as profiles from '../../data/users/profiles.ts';
import type { Settings } from '../../domain/rules/compile.ts';
import { judge } from './definitions.ts';
import { settle } from './write-until-stable.ts';

/**
 * Sets the memberships of one user right from the profile as it is now, whatever happened before: every edge that belongs
 * is put again, and every other one goes, whether it was written down with the user or not.
 */
export async function repair(user: string, settings: Settings, now: number): Promise<void> {
  for (let by = await judge(settings, now); ; ) {
    const { evaluator, version } = by;
    const found = await profiles.byIds([user], { consistent: true });
    await settle(
      new Map([[user, found.get(user)]]),
      async (profile) => {
        const entered = evaluator.evaluate(profile, now);
        const noted = Object.keys(await ofUser(user));
        const there = await edges.ofUser(user, [...evaluator.names]);
        return { entered, left: [...new Set([...noted, ...there])].filter((name) => !entered.includes(name)) };
      },
      now,
      evaluator.livesAs,
    );
    by = await judge(settings, now);
    if (by.version === version) return;
  }
}
