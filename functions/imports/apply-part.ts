import * as z from 'zod/mini';
import { applyPart } from '../../shared/app/imports/part.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { step } from '../../shared/runtime/step.ts';

const Part = z.object({ job: z.string(), part: z.number() });

/** Applies the rows of one part, except those that share an identifier with rows of other parts. */
export const handler = step(Part, async ({ job, part }, clock) => ({
  done: await applyPart(deploymentBucket(), job, part, clock),
}));
