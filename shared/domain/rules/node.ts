import type { Test } from './subject.ts';

/**
 * One value that a field must have for a rule to hold. Rules are indexed by these.
 *
 * - `folded`: the folded text, or one of the folded elements, is `key`. `exact`: the value itself, or one of the
 *   elements, is `key`. `set`: the field has any value.
 * - `share` is a guess of the part of all users who have it, for choosing between several.
 */
export type IndexKey = {
  readonly slot: number;
  readonly by: 'folded' | 'exact' | 'set';
  readonly key: string | number | boolean;
  readonly share: number;
};

/**
 * A compiled rule, or a part of one. `indexKeys`: it can hold only for users who have one of them; null when it can
 * hold for any user. With an empty list it holds for no user.
 */
export type Node = { readonly test: Test; readonly indexKeys: readonly IndexKey[] | null };

/** A node that holds for no user. An unusable condition is compiled to it, negated or not. */
export const NOBODY: Node = { test: () => false, indexKeys: [] };

const SHARES = { folded: 0.02, exact: 0.02, set: 0.6 } as const;

/** The index keys of a condition that holds only where the field has one of `keys`. */
export function indexKeysAt(
  slot: number,
  by: 'folded' | 'exact',
  keys: readonly (string | number | boolean)[],
  share: number = SHARES[by],
): readonly IndexKey[] {
  return [...new Set(keys)].map((key) => ({ slot, by, key, share }));
}

/** The index key of a condition that holds only where the field is set. */
export function indexKeyOfSet(slot: number): readonly IndexKey[] {
  return [{ slot, by: 'set', key: '', share: SHARES.set }];
}

/** All of the parts. Its index keys are those of the part that the fewest users are expected to meet. */
export function all(parts: readonly Node[]): Node {
  const [first, second] = parts;
  if (!first) return NOBODY;
  if (!second) return first;
  const indexKeys = parts
    .map((part) => part.indexKeys)
    .reduce((best, next) => (shareOf(next) < shareOf(best) ? next : best));
  if (indexKeys?.length === 0) return NOBODY;
  // The part that rejects most users is tested first.
  const tests = parts.toSorted((a, b) => shareOf(a.indexKeys) - shareOf(b.indexKeys)).map((part) => part.test);
  const [one, two] = tests;
  if (one && two && tests.length === 2) return { test: (subject) => one(subject) && two(subject), indexKeys };
  return { test: everyOf(tests), indexKeys };
}

/** Any of the parts. It can hold only for users who have an index key of one of them. */
export function any(parts: readonly Node[]): Node {
  const possible = parts.filter((part) => part.indexKeys === null || part.indexKeys.length > 0);
  const [first, second] = possible;
  if (!first) return NOBODY;
  if (!second) return first;
  const indexKeys = possible.every((part) => part.indexKeys !== null)
    ? possible.flatMap((part) => part.indexKeys ?? [])
    : null;
  return { test: someOf(possible.map((part) => part.test)), indexKeys };
}

/** The expected share of users who have one of the index keys; 1 when the rule has none. */
function shareOf(indexKeys: readonly IndexKey[] | null): number {
  if (indexKeys === null) return 1;
  const shares = indexKeys.reduce((sum, indexKey) => sum + indexKey.share, 0);
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
