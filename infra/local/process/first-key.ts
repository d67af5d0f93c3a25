import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { Assembly } from '../cloudformation/assembly.ts';
import { owner } from '../cloudformation/settings.ts';
import type { Functions } from '../lambda/functions.ts';
import { CannotStart } from './cannot-start.ts';

const Made = z.object({ secret: z.string() });

/** The first API key: made by the function that the templates name for it, once, and kept with the data. */
export async function firstKey(state: string, assembly: Assembly, functions: Functions): Promise<string> {
  const file = join(state, 'first-key');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const name = assembly.output('FirstKeyFunction');
  const definition = name === null ? null : functions.find(name);
  if (definition === null) throw new CannotStart('No stack has the output FirstKeyFunction, so there is no first key.');
  const answer = await functions.invoke(definition, JSON.stringify(owner));
  const made = answer.failed ? null : z.safeParse(Made, JSON.parse(answer.payload));
  if (!made?.success) throw new CannotStart(`The first key could not be made: ${answer.payload.slice(0, 500)}`);
  writeFileSync(file, `${made.data.secret}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  return made.data.secret;
}
