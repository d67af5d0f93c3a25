import type { FaultCode } from '../errors.ts';
import type { Value } from '../values/value.ts';
import type { Status } from './user.ts';

/** A list that a request or a row gives: it is merged with the user's own, or replaces it. */
export type ListChange = { readonly mode: 'merge' | 'replace'; readonly values: readonly string[] };

/**
 * The change of one user that a request or a row asks for, parsed. Fields that it does not name stay as they are.
 *
 * In `properties`, null clears a property; an absent key leaves it as it is. `signedUpAt` counts at creation only. `keep`
 * are fields that stay as they are also where everything that is not given is cleared.
 */
export type Change = {
  readonly properties: Readonly<Record<string, Value | null>>;
  readonly tags?: ListChange;
  readonly companies?: ListChange;
  readonly status?: Status;
  readonly signedUpAt?: string;
  readonly keep?: readonly string[];
};

/** A fault of one row of a file or one item of a batch; `ids` are the users in a conflict. */
export type RowFault = {
  readonly code: FaultCode;
  readonly field?: string;
  readonly detail: string;
  readonly ids?: readonly string[];
};
