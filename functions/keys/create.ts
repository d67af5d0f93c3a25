import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import * as apiKeys from '../../shared/data/api-keys.ts';
import { ApiKey, holdsScope } from '../../shared/domain/api-key.ts';
import { Problem, problemOf } from '../../shared/domain/errors.ts';
import { makeKey, NewKey } from '../../shared/domain/key-input.ts';
import { isAllowed } from '../../shared/domain/recipient.ts';
import { action } from '../../shared/runtime/action.ts';
import { env } from '../../shared/runtime/env.ts';

const Made = z.strictObject({ key: ApiKey, secret: z.nullable(z.string()) });

/** Makes an API key. Its secret is in this answer and never again. */
export const handler = action(
  {
    summary: 'Create an API key',
    description: 'The secret is shown once. A key hands out no scope that it lacks.',
    scope: 'keys',
    body: NewKey,
    status: 201,
    output: Made,
    creates: {
      id: ({ key }) => key.id,
      path: '/v1/keys/',
      read: async (id) => {
        const key = (await apiKeys.all()).find((one) => one.id === id);
        return key ? { key, secret: null } : null;
      },
    },
  },
  async ({ body, apiKey, now }) => {
    const lacking = body.scopes.filter((scope) => !holdsScope(apiKey, scope));
    if (lacking.length > 0) throw new Problem('missingScope', `This API key lacks ${lacking.join(', ')} itself.`);
    if (!isAllowed(body.email, env.allowedRecipients)) {
      const detail = 'This address is not among the allowed recipients of the deployment.';
      throw problemOf([{ pointer: '/email', code: 'notAllowedRecipient', detail }]);
    }
    const { shown, stored, secret } = makeKey(body, env.stage, now, randomBytes(40));
    await apiKeys.create(stored);
    return { key: shown, secret };
  },
);
