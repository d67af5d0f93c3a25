import * as edges from '../../data/segments/edges.ts';
import { ofUser } from '../../data/segments/memberships.ts';
import * as profiles from '../../data/users/profiles.ts';
import type { Settings } from '../../domain/rules/compile.ts';
import { currentEvaluator } from './definitions.ts';
import { writeUntilStable } from './write-until-stable.ts';

/**
 * Corrects the memberships of one user by the profile as it is now. It puts every edge that belongs to the user again and
 * deletes every other one, recorded in the user's memberships or not.
 */
export async function repair(user: string, settings: Settings, now: number): Promise<void> {
  for (let current = await currentEvaluator(settings, now); ; ) {
    const { evaluator, version } = current;
    const found = await profiles.byIds([user], { consistent: true });
    await writeUntilStable(
      new Map([[user, found.get(user)]]),
      async (profile) => {
        const entered = evaluator.evaluate(profile, now);
        const recorded = Object.keys(await ofUser(user));
        const stored = await edges.ofUser(user, [...evaluator.names]);
        return { entered, left: [...new Set([...recorded, ...stored])].filter((name) => !entered.includes(name)) };
      },
      now,
      evaluator.livesAs,
    );
    current = await currentEvaluator(settings, now);
    if (current.version === version) return;
  }
}
