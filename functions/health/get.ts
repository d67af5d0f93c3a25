import * as z from 'zod/mini';
import { action } from '../../shared/runtime/action.ts';

export const handler = action(
  {
    summary: 'Say that the API is there',
    description: 'It answers as long as functions run, and does not read the table.',
    scope: 'public',
    output: z.strictObject({ status: z.literal('ok') }),
  },
  () => ({ status: 'ok' as const }),
);
