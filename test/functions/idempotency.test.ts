import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { ulid } from '../../shared/domain/id.ts';
import { action } from '../../shared/runtime/action.ts';
import { send, startDeployment } from '../support/deployment/deployment.ts';

beforeAll(() => startDeployment());

const Made = z.strictObject({ id: z.string() });

/** An action that creates something, and then fails for a given number of calls. */
function failing(errors: Error[]) {
  const made: string[] = [];
  const handler = action(
    {
      summary: 'Make something',
      scope: 'public',
      status: 201,
      output: Made,
      replay: { remember: ({ id }) => ({ id }), answer: ({ id }) => ({ id }) },
    },
    ({ now, entropy }) => {
      const id = ulid(now, entropy);
      made.push(id);
      const error = errors.shift();
      if (error) throw error;
      return { id };
    },
  );
  return { handler, made };
}

test.each([
  ['ThrottlingException', {}, 503],
  ['InternalServerError', { $fault: 'server' }, 503],
  ['Error', { code: 'ECONNRESET' }, 503],
  ['ValidationException', { $fault: 'client' }, 500],
])('a call that broke off with %s %o is answered %i, and taken up by the next one', async (name, more, status) => {
  const { handler, made } = failing([Object.assign(new Error(), { name, ...more })]);
  const call = () => send(handler, 'POST /v1/things', { headers: { 'idempotency-key': `broke-off-${name}` } });
  expect((await call()).status).toBe(status);
  const again = await call();
  expect(again).toMatchObject({ status: 201, body: { id: made[0] } });
  expect(made).toEqual([made[0], made[0]]);
});
