import { type UserFlips, write } from '../../data/segments/memberships.ts';
import type { Attributes } from '../../data/table/client.ts';
import { readProfile } from '../../data/users/profile-item.ts';
import type { Settings } from '../../domain/rules/compile.ts';
import type { Evaluator } from '../../domain/segments/membership.ts';
import type { Profile } from '../../domain/users/user.ts';
import { type Judge, judge } from './definitions.ts';

/** A change of one item of the users' partitions, as the stream tells it. `at` is in milliseconds since 1970. */
export type ItemChange = {
  readonly before: Attributes | null;
  readonly after: Attributes | null;
  readonly at: number;
};

/** What became of one user in a batch, step by step. */
type Step = { readonly before: Profile | null; readonly after: Profile | null; readonly at: number };
type Steps = { readonly user: string; readonly steps: readonly Step[] };

/** The users of a batch, each once, with their changes in order; those whose items cannot be read are set apart. */
type Batch = { readonly readable: readonly Steps[]; readonly unreadable: readonly string[] };

function batchOf(changes: readonly ItemChange[]): Batch {
  const steps = new Map<string, Step[]>();
  const unreadable = new Set<string>();
  for (const { before, after, at } of changes) {
    const user = String(after?.SK ?? before?.SK);
    try {
      const step = { before: before && readProfile(before), after: after && readProfile(after), at };
      steps.set(user, [...(steps.get(user) ?? []), step]);
    } catch {
      unreadable.add(user);
    }
  }
  const readable = [...steps].filter(([user]) => !unreadable.has(user));
  return { readable: readable.map(([user, own]) => ({ user, steps: own })), unreadable: [...unreadable] };
}

/**
 * What flipped anywhere in a user's steps, as it is after the last. What flipped and flipped back is written all the same:
 * an earlier delivery may have ended between the two.
 */
function flipsOf({ user, steps }: Steps, { evaluator }: Judge, now: number): UserFlips {
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

/** What there is to write; a user who is no more is always looked after, since more may be kept than the last state tells. */
const isWorthWriting = ({ entered, left, revision }: UserFlips) => entered.length + left.length > 0 || revision === 0;

/** What was written for versions that are no more when the batch ends: it is taken back. */
function overtaken(flips: readonly UserFlips[], { names }: Evaluator): readonly UserFlips[] {
  return flips.flatMap((one) => {
    const left = one.entered.filter((name) => !names.has(name));
    return left.length > 0 ? { ...one, entered: [], left, born: false } : [];
  });
}

/**
 * Brings memberships up to a batch of changes, by the definitions as they are when it ends. Repeating a batch changes
 * nothing. A batch in which nothing flips writes nothing.
 *
 * The definitions' version is read before the batch and after its writes. When it has moved, the batch is judged again:
 * so a batch that ends after a rule was written has heard of it, and one that ended before has left its users to the walk,
 * which reads them consistently.
 *
 * @returns the users whose items could not be read: to be put in line for repair
 */
export async function follow(
  changes: readonly ItemChange[],
  settings: Settings,
  now: number,
): Promise<readonly string[]> {
  const { readable, unreadable } = batchOf(changes);
  for (let by = await judge(settings, now); ; ) {
    const flips = readable.map((one) => flipsOf(one, by, now)).filter(isWorthWriting);
    if (flips.length === 0) return unreadable;
    await write(flips, by.evaluator.livesAs);
    const later = await judge(settings, now);
    if (later.version === by.version) return unreadable;
    await write(overtaken(flips, later.evaluator));
    by = later;
  }
}
