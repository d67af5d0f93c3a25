import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Assembly } from '../cloudformation/assembly.ts';
import { owner } from '../cloudformation/settings.ts';
import type { Functions } from '../lambda/functions.ts';
import { CannotStart } from './cannot-start.ts';

const Made = z.object({ secret: z.string() });

export type FirstKey = { readonly secret: string; readonly isNew: boolean };

/**
 * The first API key: the function that the templates name makes it, and a file keeps it with the data. `renew` makes
 * another one in its place; the earlier one stays alive until somebody revokes it.
 */
export async function firstKey(input: {
  readonly state: string;
  readonly assembly: Assembly;
  readonly functions: Functions;
  readonly renew: boolean;
}): Promise<FirstKey> {
  const { state, assembly, functions, renew } = input;
  const file = join(state, 'first-key');
  if (existsSync(file) && !renew) return { secret: readFileSync(file, 'utf8').trim(), isNew: false };
  const name = assembly.output('FirstKeyFunction');
  const definition = name === null ? null : functions.find(name);
  if (definition === null) throw new CannotStart('No stack has the output FirstKeyFunction, so there is no first key.');
  const answer = await functions.invoke(definition, JSON.stringify(owner));
  const made = answer.failed ? null : z.safeParse(Made, JSON.parse(answer.payload));
  if (!made?.success) throw new CannotStart(`The first key could not be made: ${answer.payload.slice(0, 500)}`);
  writeFileSync(file, `${made.data.secret}\n`, { mode: 0o600 });
  return { secret: made.data.secret, isNew: true };
}

/** Asks the API with a kept key, and answers true when the API does not take it any more. */
export async function isRevoked(api: string, { secret, isNew }: FirstKey): Promise<boolean> {
  if (isNew) return false;
  const response = await fetch(`${api}/v1/users?limit=1`, { headers: { authorization: `Bearer ${secret}` } });
  await response.arrayBuffer();
  return response.status === 401;
}
