import { Problem } from '../../domain/errors.ts';
import { checked } from '../checked.ts';
import type { AnyContract } from '../contract.ts';
import type { ActionMiddleware } from '../pipeline.ts';

/**
 * Makes the contract's check (400), and refuses a path that names nothing (404). A call that is answered again is not
 * checked: it was when it ran, and what it was checked against may have changed since.
 */
export function check(contract: Pick<AnyContract, 'check'>): ActionMiddleware {
  return {
    before: async ({ context: { state } }) => {
      if (state.recalled) return;
      state.input = await checked(contract, { ...state.asked, now: state.attempt.now }, []);
      if (state.path === null) throw new Problem('notFound', 'There is no such thing.');
    },
  };
}
