import * as edges from '../../data/segments/edges.ts';
import { ofUser } from '../../data/segments/memberships.ts';
import { AGAIN, retrying } from '../../data/table/retrying.ts';
import * as profiles from '../../data/users/profiles.ts';
import type { Settings } from '../../domain/rules/compile.ts';
import { currentEvaluator } from './definitions.ts';
import { writeUntilStable } from './write-until-stable.ts';

/**
 * Corrects the memberships of one user by the profile as it is now. It puts every edge that belongs to the user again and
 * deletes every other one, recorded in the user's memberships or not. Edges of a segment whose definition does not parse
 * stay as they are.
 *
 * @throws Busy
 */
export async function repair(user: string, settings: Settings, now: number): Promise<void> {
  await retrying('the repair of a user', async () => {
    const { evaluator, isGone, version } = await currentEvaluator(settings, now);
    const found = await profiles.byIds([user], { consistent: true });
    if (found.unreadable.has(user)) throw new Error('the profile of a user to repair does not parse');
    await writeUntilStable(
      new Map([[user, found.profiles.get(user)]]),
      async (profile) => {
        const entered = evaluator.evaluate(profile, now);
        const recorded = Object.keys(await ofUser(user));
        const stored = await edges.ofUser(user, [...evaluator.names]);
        const isWrong = (name: string) => !entered.includes(name) && (evaluator.names.has(name) || isGone(name));
        return { entered, left: [...new Set([...recorded, ...stored])].filter(isWrong) };
      },
      now,
      evaluator.livesAs,
    );
    const later = await currentEvaluator(settings, now);
    return later.version === version ? undefined : AGAIN;
  });
}
