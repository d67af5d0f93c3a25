import type * as z from 'zod/mini';
import { log, traceOf } from './log.ts';
import { ready } from './ready.ts';

/** What a step is given beside its input: the time, and how much of its own time is left. */
export type StepCall = {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds until Lambda stops the function. */
  readonly timeLeft: () => number;
};

type Context = { readonly getRemainingTimeInMillis: () => number };

/**
 * One step of a workflow, or a trigger's function: parsed input, and an output that the next state reads.
 *
 * An error is logged here and thrown on by its name alone: histories of workflows are kept, and hold no value that a
 * person gave.
 */
export function step<Input, Output>(
  input: z.ZodMiniType<Input>,
  run: (input: Input, call: StepCall) => Promise<Output>,
): (event: unknown, context: Context) => Promise<Output> {
  return async (event, context) => {
    try {
      await ready();
      const timeLeft = () => context.getRemainingTimeInMillis();
      return await run(input.parse(event), { now: Date.now(), timeLeft });
    } catch (error) {
      log.error('step failed', traceOf(error));
      throw nameOnly(error);
    }
  };
}

/** An error of the same name with nothing else in it. */
function nameOnly(error: unknown): Error {
  const bare = new Error('see the log of the function');
  bare.name = error instanceof Error ? error.name : 'Error';
  delete bare.stack;
  return bare;
}
