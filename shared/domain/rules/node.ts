import type { Test } from './subject.ts';

/**
 * One value that a field must have for a rule to hold, which is what a rule is indexed by.
 *
 * - `folded`: the folded text, or one of the folded elements, is `key`. `exact`: the value itself, or one of the
 *   elements, is `key`. `set`: the field has any value.
 * - `share` is a guess of the part of all users who have it, for choosing between several.
 */
export type Hook = {
  readonly slot: number;
  readonly by: 'folded' | 'exact' | 'set';
  readonly key: string | number | boolean;
  readonly share: number;
};

/**
 * A compiled rule, or a part of one. `hooks`: the rule can hold only for users who have one of them; null when it can
 * hold for any user. No hooks at all: it holds for nobody.
 */
export type Node = { readonly test: Test; readonly hooks: readonly Hook[] | null };

/** What holds for nobody, which is also how an unusable condition ends, negated or not. */
export const NOBODY: Node = { test: () => false, hooks: [] };

const SHARES = { folded: 0.02, exact: 0.02, set: 0.6 } as const;

/** The hooks of a condition that holds only where the field has one of `keys`. */
export function hooksAt(
  slot: number,
  by: 'folded' | 'exact',
  keys: readonly (string | number | boolean)[],
  share: number = SHARES[by],
): readonly Hook[] {
  return [...new Set(keys)].map((key) => ({ slot, by, key, share }));
}

/** The hook of a condition that holds only where the field is set. */
export function hookOfSet(slot: number): readonly Hook[] {
  return [{ slot, by: 'set', key: '', share: SHARES.set }];
}

/** All of the parts. Its hooks are those of the part that the fewest users are expected to meet. */
export function all(parts: readonly Node[]): Node {
  const [first, second] = parts;
  if (!first) return NOBODY;
  if (!second) return first;
  const hooks = parts.map((part) => part.hooks).reduce((best, next) => (crowd(next) < crowd(best) ? next : best));
  if (hooks?.length === 0) return NOBODY;
  // What rejects most users is asked first.
  const tests = parts.toSorted((a, b) => crowd(a.hooks) - crowd(b.hooks)).map((part) => part.test);
  const [one, two] = tests;
  if (one && two && tests.length === 2) return { test: (subject) => one(subject) && two(subject), hooks };
  return { test: everyOf(tests), hooks };
}

/** Any of the parts. It can hold only for users who have a hook of one of them. */
export function any(parts: readonly Node[]): Node {
  const possible = parts.filter((part) => part.hooks === null || part.hooks.length > 0);
  const [first, second] = possible;
  if (!first) return NOBODY;
  if (!second) return first;
  const hooks = possible.every((part) => part.hooks !== null) ? possible.flatMap((part) => part.hooks ?? []) : null;
  return { test: someOf(possible.map((part) => part.test)), hooks };
}

/** The part of all users who are expected to have one of the hooks; everybody when there are none to have. */
function crowd(hooks: readonly Hook[] | null): number {
  if (hooks === null) return 1;
  const shares = hooks.reduce((sum, hook) => sum + hook.share, 0);
  return Math.min(shares, 0.9);
}

function everyOf(tests: readonly Test[]): Test {
  return (subject) => {
    for (const test of tests) if (!test(subject)) return false;
    return true;
  };
}

function someOf(tests: readonly Test[]): Test {
  return (subject) => {
    for (const test of tests) if (test(subject)) return true;
    return false;
  };
}
