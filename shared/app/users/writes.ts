import * as schemas from '../../data/schema.ts';
import { AGAIN, Busy, retrying } from '../../data/table/retrying.ts';
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

/** The 404 for a reference that names no user. */
export const noSuchUser = () => new Problem('notFound', 'There is no such user.');

/**
 * Creates a user from a change. The id is made of the sign-up time and `entropy`, so a call that is repeated after a crash
 * finds its user.
 *
 * @throws Problem `noIdentifier`, `identifierTaken`, `tooMany`, `profileTooLarge`; Busy
 */
export async function create(change: Change, schema: Schema, now: number, entropy: Uint8Array): Promise<Profile> {
  const signedUpAt = change.signedUpAt ?? iso(now);
  const id = ulid(Date.parse(signedUpAt), entropy);
  const born = merged(unborn({ id, signedUpAt, now: iso(now), source: 'api' }), change, { now: iso(now), schema });
  if (born.kind === 'refused') throw problemOfRow(born.fault);
  if (born.kind === 'unchanged') throw new Error('a new user must have a change');
  const written = await users.create(born.profile, schema, now);
  switch (written.kind) {
    case 'done':
      return born.profile;
    case 'taken':
      return ownUser(id, written.taken);
    case 'stale':
      return ownUser(id, []);
    default:
      return written satisfies never;
  }
}

/** The user that an earlier run of the same call created. @throws Problem `identifierTaken` when there is none */
async function ownUser(id: string, taken: Parameters<typeof takenProblem>[0]): Promise<Profile> {
  const found = await users.byId(id);
  if (found) return found;
  if (taken.length > 0) throw takenProblem(taken);
  throw new Busy('the id of a new user has a tombstone');
}

async function found(reference: Reference): Promise<Profile> {
  const profile = await users.byReference(reference);
  if (!profile) throw noSuchUser();
  return profile;
}

/**
 * Changes the user whom a reference names; a change that changes nothing writes nothing.
 *
 * @param accept is called with the version of the stored user, and throws to refuse it
 * @throws Problem `notFound`, `stale`, `lastIdentifier`, `identifierTaken`, `tooMany`, `profileTooLarge`; Busy
 */
export function update(
  reference: Reference,
  change: Change,
  schema: Schema,
  now: number,
  accept: (version: number) => void,
): Promise<Profile> {
  return retrying('a change of a user', async () => {
    const before = await found(reference);
    const result = merged(before, change, { now: iso(now), schema });
    // A fault of the change itself comes before a version that is stale.
    if (result.kind === 'refused') throw problemOfRow(result.fault);
    accept(before.version);
    if (result.kind === 'unchanged') return before;
    const written = await users.replace(before, result.profile, schema, now);
    if (written.kind === 'taken') throw takenProblem(written.taken);
    return written.kind === 'done' ? result.profile : AGAIN;
  });
}

/**
 * Deletes the user whom a reference names. The schema has every key of this user, so all identifiers are freed.
 *
 * @throws Problem `notFound`, `stale`; Busy
 */
export async function remove(reference: Reference, now: number, accept: (version: number) => void): Promise<void> {
  await retrying('the deletion of a user', async () => {
    const profile = await found(reference);
    accept(profile.version);
    const schema = await schemas.knowing(Object.keys(profile.properties), 'user', now);
    return (await users.remove(profile, schema)) ? undefined : AGAIN;
  });
}
