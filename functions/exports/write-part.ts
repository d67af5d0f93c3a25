import * as z from 'zod/mini';
import { writePart } from '../../shared/app/exports/part.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { step } from '../../shared/runtime/step.ts';

const Part = z.object({ job: z.string(), part: z.number() });

/** Writes one part of an export as pieces. */
export const handler = step(Part, async (part, clock) => ({
  done: await writePart(deploymentBucket(), part, clock),
}));
