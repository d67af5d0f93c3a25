import { Fault, type PlacedFault } from './errors.ts';

/** The most faults that one answer lists: the answer to a hostile request stays small. */
export const MOST_FAULTS = 100;

/** The value that an input was parsed to, or all of its faults. */
export type Reading<T> = { readonly value: T } | { readonly faults: readonly PlacedFault[] };

/**
 * An input without the parts whose shape is wrong; their faults are reported elsewhere. Such a key exists with the value
 * undefined; such an element of an array is a hole, which `map` and `flatMap` skip.
 */
export type Sound<T> = { readonly [K in keyof T]?: T[K] | undefined };

/**
 * The list to which the faults of one input are added, in the order in which they are met.
 *
 * `add` adds one fault and `join` the faults of another reading; both return undefined, so that a parser can return their
 * result. `keep` returns a value, or adds the fault in its place. `reading` returns the value, or all faults.
 */
export type Report = {
  readonly faults: readonly PlacedFault[];
  readonly add: (pointer: string, fault: Fault) => undefined;
  readonly join: (faults: readonly PlacedFault[]) => undefined;
  readonly keep: <T>(pointer: string, read: T | Fault) => T | undefined;
  readonly reading: <T>(value: T | undefined) => Reading<T>;
};

/** An empty report. */
export function newReport(): Report {
  const faults: PlacedFault[] = [];
  const join = (found: readonly PlacedFault[]): undefined => {
    faults.push(...found.slice(0, MOST_FAULTS - faults.length));
  };
  const add = (pointer: string, { code, detail }: Fault) => join([{ pointer, code, detail }]);
  return {
    faults,
    add,
    join,
    keep: (pointer, read) => (read instanceof Fault ? add(pointer, read) : read),
    reading: (value) => (faults.length > 0 || value === undefined ? { faults } : { value }),
  };
}

/** The pointer to a member, by RFC 6901. */
export function below(pointer: string, member: PropertyKey): string {
  return `${pointer}/${String(member).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The own members of a JSON object, `__proto__` among them like any other; null when the value is none. */
export function membersOf(raw: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return null;
  return new Map(Object.entries(raw));
}
