import type { Evaluator } from '../domain/membership.ts';
import type { Settings } from '../domain/rule/compile.ts';
import type { Profile } from '../domain/user.ts';
import { type Judge, judge } from './definitions.ts';
import { type UserFlips, write } from './memberships.ts';
import { readProfile } from './profile-item.ts';
import type { Attributes } from './table.ts';

/** A change of one item of the users' partitions, as the stream tells it. `at` is in milliseconds since 1970. */
export type ItemChange = {
  readonly before: Attributes | null;
  readonly after: Attributes | null;
  readonly at: number;
};

/** What became of one user over a whole batch. */
type Span = { readonly user: string; before: Profile | null; after: Profile | null; at: number };

/** The users of a batch, each once, from its first state to its last; those whose items cannot be read are set apart. */
type Spans = { readonly readable: Map<string, Span>; readonly unreadable: Set<string> };

function spansOf(changes: readonly ItemChange[]): Spans {
  const readable = new Map<string, Span>();
  const unreadable = new Set<string>();
  for (const { before, after, at } of changes) {
    const user = String(after?.SK ?? before?.SK);
    try {
      const span = readable.get(user) ?? { user, before: before && readProfile(before), after: null, at };
      readable.set(user, { ...span, after: after && readProfile(after), at });
    } catch {
      unreadable.add(user);
    }
  }
  for (const user of unreadable) readable.delete(user);
  return { readable, unreadable };
}

function flipsOf({ user, before, after, at }: Span, { evaluator }: Judge, now: number): UserFlips {
  const revision = after?.revision ?? 0;
  return { ...evaluator.change(before, after, now), user, revision, at, born: before === null };
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
  const { readable, unreadable } = spansOf(changes);
  for (let by = await judge(settings, now); ; ) {
    const flips = [...readable.values()].map((span) => flipsOf(span, by, now)).filter(isWorthWriting);
    if (flips.length === 0) return [...unreadable];
    await write(flips, by.evaluator.livesAs);
    const later = await judge(settings, now);
    if (later.version === by.version) return [...unreadable];
    await write(overtaken(flips, later.evaluator));
    by = later;
  }
}
