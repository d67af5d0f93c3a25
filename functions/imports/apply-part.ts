import * as z from 'zod/mini';
import { applyPart } from '../../shared/app/imports/part.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { step } from '../../shared/runtime/step.ts';

const Part = z.object({ job: z.string(), part: z.number() });

/** Applies the rows of one part, but for those that must keep their order with rows elsewhere. */
export const handler = step(Part, async (part, clock) => ({
  done: await applyPart(deploymentBucket(), part, clock),
}));
