import type { Context } from 'aws-lambda';
import type * as z from 'zod/mini';

/** Parses the input of a step by its schema. */
export const input = (schema: z.ZodMiniType) => ({
  before: ({ event, context }: { readonly event: unknown; readonly context: Context & { input: unknown } }) => {
    context.input = schema.parse(event);
  },
});
