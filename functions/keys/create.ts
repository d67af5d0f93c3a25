import * as z from 'zod/mini';
import * as apiKeys from '../../shared/data/access/api-keys.ts';
import { ApiKey } from '../../shared/domain/keys/api-key.ts';
import { makeKey, NewKey, readNewKey } from '../../shared/domain/keys/input.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';

const Made = z.strictObject({ key: ApiKey, secret: z.nullable(z.string()) });

/** Creates an API key. Its secret is in this answer only. */
export const handler = action(
  {
    summary: 'Create an API key',
    description:
      'The secret is shown once. A key hands out no scope that it lacks, else 403 `missingScope`. The setting `allowedRecipients` must allow the address.',
    scope: 'keys',
    body: NewKey,
    check: ({ body, apiKey, now }) => readNewKey(body, apiKey, env.allowedRecipients, now),
    status: 201,
    output: Made,
    location: ({ key }) => `/v1/keys/${key.id}`,
    replay: {
      remember: ({ key }) => ({ id: key.id }),
      answer: ({ id }) => apiKeys.shown(id).then((key) => key && { key, secret: null }),
    },
  },
  async ({ input, now, entropy }) => {
    const { shown, stored, secret } = makeKey(input, env.stage, now, entropy);
    await apiKeys.create(stored);
    return { key: shown, secret };
  },
);
