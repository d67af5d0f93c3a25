import type { Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import type { Clock } from '../domain/clock.ts';
import { connection } from './middleware/connection.ts';
import { input } from './middleware/input.ts';
import { stepErrors } from './middleware/step-errors.ts';
import { pipeline } from './pipeline.ts';

type StepContext = Context & { input: unknown };

/** The part of Lambda's context that a step reads. */
type Clocked = Pick<Context, 'getRemainingTimeInMillis'>;

/** One step of a workflow, or the function of a trigger: it gets parsed input, and its output goes to the next state. */
export function step<Input, Output>(
  schema: z.ZodMiniType<Input>,
  run: (input: Input, clock: Clock) => Promise<Output>,
): (event: unknown, context: Clocked) => Promise<Output> {
  return pipeline<unknown, StepContext, Output>([stepErrors, connection, input(schema)], (_, context) =>
    run(context.input as Input, { now: Date.now, timeLeft: () => context.getRemainingTimeInMillis() }),
  );
}
