import type { PlacedFault } from '../errors.ts';
import { FIXED_FIELDS, type Schema } from '../properties/property.ts';
import type { Reading } from '../report.ts';
import type { ListedUser, User } from './user.ts';

const isFixed = (name: string): name is keyof typeof FIXED_FIELDS => Object.hasOwn(FIXED_FIELDS, name);

/** Says if a name is a field of users that can be shown: a live property, or one of the fields beside them. */
export function isField(name: string, schema: Schema): boolean {
  return isFixed(name) || schema.properties.get(name)?.archived === false;
}

/** The fields that a query names; null, for all of them, when it names none. */
export function readFields(names: readonly string[] | undefined, schema: Schema): Reading<readonly string[] | null> {
  if (names === undefined) return { value: null };
  const faults = names
    .filter((name) => !isField(name, schema))
    .map((): PlacedFault => ({ parameter: 'fields', code: 'unknownField', detail: 'There is no such field.' }));
  return faults.length > 0 ? { faults } : { value: names };
}

/** A user with its id and the named fields only, each in its usual place; the whole user when none are named. */
export function narrowed(user: User, fields: readonly string[] | null): ListedUser {
  if (fields === null) return user;
  const fixed = Object.fromEntries(fields.filter(isFixed).map((name) => [name, user[name]]));
  const named = fields.filter((name) => !isFixed(name));
  const properties = Object.fromEntries(Object.entries(user.properties).filter(([name]) => named.includes(name)));
  return { id: user.id, ...fixed, ...(named.length > 0 && { properties }) };
}
