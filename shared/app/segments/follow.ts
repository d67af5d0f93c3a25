import { type UserFlips, write } from '../../data/segments/memberships.ts';
import type { ItemChange } from '../../data/table/item-change.ts';
import { AGAIN, retrying } from '../../data/table/retrying.ts';
import { readProfile } from '../../data/users/profile-item.ts';
import type { Settings } from '../../domain/rules/compile.ts';
import type { Evaluator } from '../../domain/segments/membership.ts';
import type { Profile } from '../../domain/users/user.ts';
import { type CurrentEvaluator, currentEvaluator } from './definitions.ts';

/** A user whom a batch could not handle, and the error. */
export type Unhandled = { readonly user: string; readonly error: unknown };

/** The changes of one user in a batch, in order. */
type Step = { readonly before: Profile | null; readonly after: Profile | null; readonly at: number };
type Steps = { readonly user: string; readonly steps: readonly Step[] };

/** The users of a batch, each once. A user with an item that does not parse is in `unreadable` only. */
type Batch = { readonly readable: readonly Steps[]; readonly unreadable: readonly Unhandled[] };

function batchOf(changes: readonly Omit<ItemChange, 'sequence'>[]): Batch {
  const steps = new Map<string, Step[]>();
  const errors = new Map<string, unknown>();
  for (const { before, after, at } of changes) {
    const user = String(after?.SK ?? before?.SK);
    try {
      const step = { before: before && readProfile(before), after: after && readProfile(after), at };
      steps.set(user, [...(steps.get(user) ?? []), step]);
    } catch (error) {
      errors.set(user, error);
    }
  }
  return {
    readable: [...steps].flatMap(([user, own]) => (errors.has(user) ? [] : [{ user, steps: own }])),
    unreadable: [...errors].map(([user, error]) => ({ user, error })),
  };
}

/**
 * The memberships that flipped anywhere in a user's steps, as they are after the last step. A membership that flipped and
 * flipped back is written all the same: an earlier delivery may have ended between the two.
 */
function flipsOf({ user, steps }: Steps, evaluator: Evaluator, now: number): UserFlips {
  const belongs = new Map<string, boolean>();
  for (const { before, after } of steps) {
    const { entered, left } = evaluator.change(before, after, now);
    for (const name of entered) belongs.set(name, true);
    for (const name of left) belongs.set(name, false);
  }
  const names = [...belongs.keys()];
  const last = steps.at(-1);
  return {
    user,
    entered: names.filter((name) => belongs.get(name)),
    left: names.filter((name) => !belongs.get(name)),
    revision: last?.after?.revision ?? 0,
    at: last?.at ?? now,
    born: steps[0]?.before === null,
  };
}

/** A deleted user is always written: the table may hold more memberships of the user than the last state shows. */
const isWorthWriting = ({ entered, left, revision }: UserFlips) => entered.length + left.length > 0 || revision === 0;

/** Deletes again what a batch wrote for versions that no longer exist when it ends. */
function deletionsOfRemoved(flips: readonly UserFlips[], { isGone }: CurrentEvaluator): readonly UserFlips[] {
  return flips.flatMap((one) => {
    const left = one.entered.filter(isGone);
    return left.length > 0 ? { ...one, entered: [], left, born: false } : [];
  });
}

/**
 * Brings memberships up to a batch of changes, by the definitions as they are when the batch ends. Repeating a batch
 * changes nothing. A batch in which nothing flips writes nothing.
 *
 * The definitions' version is read before the batch and after its writes. When it has changed, the batch is evaluated
 * again. So a batch that ends after a rule was written has used this rule, and the users of a batch that ended before are
 * read by the walk, consistently.
 *
 * @returns the users whose items do not parse, for the repair queue
 * @throws Busy
 */
export async function follow(
  changes: readonly Omit<ItemChange, 'sequence'>[],
  settings: Settings,
  now: number,
): Promise<readonly Unhandled[]> {
  const { readable, unreadable } = batchOf(changes);
  return retrying('a batch of changes', async () => {
    const { evaluator, version } = await currentEvaluator(settings, now);
    const flips = readable.map((one) => flipsOf(one, evaluator, now)).filter(isWorthWriting);
    if (flips.length === 0) return unreadable;
    await write(flips, evaluator.livesAs);
    const later = await currentEvaluator(settings, now);
    if (later.version === version) return unreadable;
    await write(deletionsOfRemoved(flips, later));
    return AGAIN;
  });
}
