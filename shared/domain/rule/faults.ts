import type { Fault, PlacedFault } from '../errors.ts';

/** The most faults that one answer lists: what is sent to annoy gets no answer larger than itself. */
const MOST = 100;

/**
 * Where the faults of one rule are gathered. `add` answers undefined, so that a reader can end with it; `faults` are in
 * the order in which they were met.
 */
export type Report = {
  readonly faults: readonly PlacedFault[];
  readonly add: (pointer: string, fault: Fault) => undefined;
};

export function newReport(): Report {
  const faults: PlacedFault[] = [];
  return {
    faults,
    add(pointer, { code, detail }) {
      if (faults.length < MOST) faults.push({ pointer, code, detail });
    },
  };
}

/** The pointer to a member, by RFC 6901. */
export function below(pointer: string, member: string | number): string {
  return `${pointer}/${String(member).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The own members of a JSON object, `__proto__` among them like any other; null when the value is none. */
export function membersOf(raw: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return null;
  return new Map(Object.entries(raw));
}
