import { Problem } from '../../domain/errors.ts';
import { checked } from '../checked.ts';
import type { AnyContract } from '../contract.ts';
import type { ActionMiddleware } from '../pipeline.ts';

/**
 * Runs the contract's check (400), and refuses a path that names nothing (404). The replay of a call is not checked: the
 * first run was, and the stored schema may have changed since.
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
