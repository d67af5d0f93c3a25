import * as z from 'zod/mini';
import { action } from '../../shared/runtime/action.ts';

export const handler = action(
  {
    summary: 'Say that the API is there',
    scope: 'public',
    output: z.strictObject({ status: z.literal('ok') }),
  },
  () => ({ status: 'ok' as const }),
);
