import * as schemas from '../../data/schema.ts';
import { backOff } from '../../data/table/back-off.ts';
import * as users from '../../data/users/users.ts';
import { Problem } from '../../domain/errors.ts';
import { ulid } from '../../domain/id.ts';
import type { Schema } from '../../domain/properties/property.ts';
import type { Change } from '../../domain/users/change.ts';
import { problemOfRow, takenProblem } from '../../domain/users/input.ts';
import { merged, unborn } from '../../domain/users/merge.ts';
import type { Reference } from '../../domain/users/reference.ts';
import type { Profile } from '../../domain/users/user.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/** How often a write that others overtook is tried again. */
const MOST_ATTEMPTS = 10;

/** The problem of a reference that names nobody. */
export const nobody = () => new Problem('notFound', 'There is no such user.');

/**
 * Makes a user of a change. The id comes from the sign-up time and `chance`, so a call that is taken up after it died
 * finds what it made.
 *
 * @throws Problem `noIdentifier`, `identifierTaken`, `tooMany`, `profileTooLarge`
 */
export async function create(change: Change, schema: Schema, now: number, chance: Uint8Array): Promise<Profile> {
  const signedUpAt = change.signedUpAt ?? iso(now);
  const id = ulid(Date.parse(signedUpAt), chance);
  const born = merged(unborn({ id, signedUpAt, now: iso(now), source: 'api' }), change, { now: iso(now), schema });
  if (born.kind === 'refused') throw problemOfRow(born.fault);
  if (born.kind === 'unchanged') throw new Error('a user who is not yet is always changed');
  const written = await users.create(born.profile, schema, now);
  switch (written.kind) {
    case 'done':
      return born.profile;
    case 'taken':
      return ownWork(id, written.taken);
    case 'stale':
      return ownWork(id, []);
    default:
      return written satisfies never;
  }
}

/** The user that an earlier run of the same call made; else whoever stands in its way is the problem. */
async function ownWork(id: string, taken: Parameters<typeof takenProblem>[0]): Promise<Profile> {
  const found = await users.byId(id);
  if (found) return found;
  if (taken.length > 0) throw takenProblem(taken);
  throw new Problem('unavailable', 'Try again.', { headers: { 'retry-after': '1' } });
}

/** Tries until nobody wrote in between. */
async function untilWritten<T>(attempt: () => Promise<T | 'overtaken'>): Promise<T> {
  for (let count = 1; count <= MOST_ATTEMPTS; count += 1) {
    const written = await attempt();
    if (written !== 'overtaken') return written;
    await backOff(count);
  }
  throw new Problem('unavailable', 'Many write to this user at once. Try again.', { headers: { 'retry-after': '1' } });
}

async function found(reference: Reference): Promise<Profile> {
  const profile = await users.byReference(reference);
  if (!profile) throw nobody();
  return profile;
}

/**
 * Changes the user whom a reference names; a change that changes nothing writes nothing.
 *
 * @param accept looks at the version found, and may refuse it
 * @throws Problem `notFound`, `stale`, `lastIdentifier`, `identifierTaken`, `tooMany`, `profileTooLarge`
 */
export function update(
  reference: Reference,
  change: Change,
  schema: Schema,
  now: number,
  accept: (version: number) => void,
): Promise<Profile> {
  return untilWritten(async () => {
    const before = await found(reference);
    const result = merged(before, change, { now: iso(now), schema });
    // What is wrong in itself is told before what is only late.
    if (result.kind === 'refused') throw problemOfRow(result.fault);
    accept(before.version);
    if (result.kind === 'unchanged') return before;
    const written = await users.replace(before, result.profile, schema, now);
    if (written.kind === 'taken') throw takenProblem(written.taken);
    return written.kind === 'done' ? result.profile : 'overtaken';
  });
}

/**
 * Deletes the user whom a reference names, by a schema that knows all identifiers of that user: each is free again.
 *
 * @throws Problem `notFound`, `stale`
 */
export async function remove(reference: Reference, now: number, accept: (version: number) => void): Promise<void> {
  await untilWritten(async () => {
    const profile = await found(reference);
    accept(profile.version);
    const schema = await schemas.knowing(Object.keys(profile.properties), 'user', now);
    return (await users.remove(profile, schema)) ? 'removed' : 'overtaken';
  });
}
