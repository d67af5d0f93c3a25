import * as z from 'zod/mini';
import * as apiKeys from '../../shared/data/api-keys.ts';
import { ApiKey } from '../../shared/domain/api-key.ts';
import { action } from '../../shared/runtime/action.ts';

/** All API keys, revoked ones too; never their secrets. */
export const handler = action(
  {
    summary: 'List API keys',
    description: 'All of them, oldest first, revoked and expired ones too.',
    scope: 'keys',
    output: z.strictObject({ data: z.readonly(z.array(ApiKey)), nextCursor: z.null() }),
  },
  async () => ({ data: await apiKeys.all(), nextCursor: null }),
);
