import * as z from 'zod/mini';
import { applyRepeats } from '../../shared/app/imports/repeats.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { step } from '../../shared/runtime/step.ts';

/** Applies the rows that share an identifier with others, in the order of the file. */
export const handler = step(z.object({ job: z.string() }), async ({ job }, clock) => ({
  done: await applyRepeats(deploymentBucket(), job, clock),
}));
