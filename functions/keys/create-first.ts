import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import * as apiKeys from '../../shared/data/access/api-keys.ts';
import { KeyScope } from '../../shared/domain/keys/api-key.ts';
import { makeKey } from '../../shared/domain/keys/input.ts';
import { env } from '../../shared/runtime/env.ts';
import { step } from '../../shared/runtime/step.ts';

const Input = z.strictObject({
  name: z.string().check(z.minLength(1)),
  email: z.string().check(z.includes('@')),
  scopes: z._default(z.array(KeyScope).check(z.minLength(1)), [...KeyScope.options]),
});

/** Creates an API key for the operator who may invoke this function, since the API needs a key. */
export const handler = step(Input, async (input, { now }) => {
  const { stored, secret } = makeKey(input, env.stage, now(), randomBytes(32));
  await apiKeys.create(stored);
  return { id: stored.id, secret };
});
