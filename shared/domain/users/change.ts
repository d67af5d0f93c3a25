import type { FaultCode } from '../errors.ts';
import type { Value } from '../values/value.ts';
import type { Status } from './user.ts';

/** How a door treats a list that it gives: unites it with what is there, or puts it in its place. */
export type ListChange = { readonly mode: 'merge' | 'replace'; readonly values: readonly string[] };

/**
 * What a door gives about one user, parsed: only what is named changes.
 *
 * In `properties`, null clears a property; an absent key leaves it as it is. `signedUpAt` counts at creation only.
 */
export type Change = {
  readonly properties: Readonly<Record<string, Value | null>>;
  readonly tags?: ListChange;
  readonly companies?: ListChange;
  readonly status?: Status;
  readonly signedUpAt?: string;
};

/** What is wrong with one row of a file or one item of a batch; `ids` names the people in a conflict. */
export type RowFault = {
  readonly code: FaultCode;
  readonly field?: string;
  readonly detail: string;
  readonly ids?: readonly string[];
};
