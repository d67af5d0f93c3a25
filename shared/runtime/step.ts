import type { Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import { connection } from './middleware/connection.ts';
import { input } from './middleware/input.ts';
import { stepErrors } from './middleware/step-errors.ts';
import { pipeline } from './pipeline.ts';

/** The clock of a step. */
export type StepCall = {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds until Lambda stops the function. */
  readonly timeLeft: () => number;
};

type StepContext = Context & { input: unknown };

/** The part of Lambda's context that a step looks at. */
type Clocked = Pick<Context, 'getRemainingTimeInMillis'>;

/** One step of a workflow, or a trigger's function: parsed input, and an output that the next state reads. */
export function step<Input, Output>(
  schema: z.ZodMiniType<Input>,
  run: (input: Input, call: StepCall) => Promise<Output>,
): (event: unknown, context: Clocked) => Promise<Output> {
  return pipeline<unknown, StepContext, Output>([stepErrors, connection, input(schema)], (_, context) =>
    run(context.input as Input, { now: Date.now(), timeLeft: () => context.getRemainingTimeInMillis() }),
  );
}
