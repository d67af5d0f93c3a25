import type { Settings } from '../domain/rule/compile.ts';
import { judge } from './definitions.ts';
import { ofUser } from './memberships.ts';
import * as profiles from './profiles.ts';
import { settle } from './settle.ts';

/**
 * Sets the memberships of one user right from the profile as it is now, whatever happened before: every edge that belongs
 * is put again, and what was written down beyond that goes.
 */
export async function repair(user: string, settings: Settings, now: number): Promise<void> {
  for (let by = await judge(settings, now); ; ) {
    const found = await profiles.byIds([user], { consistent: true });
    const noted = Object.keys(await ofUser(user));
    await settle(
      new Map([[user, found.get(user)]]),
      (profile) => {
        const entered = by.evaluator.evaluate(profile, now);
        return { entered, left: noted.filter((name) => !entered.includes(name)) };
      },
      now,
      by.evaluator.livesAs,
    );
    const later = await judge(settings, now);
    if (later.version === by.version) return;
    by = later;
  }
}
