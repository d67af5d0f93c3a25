import * as z from 'zod/mini';
import { Fault, type PlacedFault, problemOf } from './errors.ts';
import { FORBIDDEN_NAMES, KEY_PATTERN, type Property, PropertyType, RESERVED_KEYS, Scope } from './property.ts';

/** The body by which a property is declared. */
export const NewProperty = z.strictObject({
  key: z.string(),
  type: PropertyType,
  label: z.optional(z.string().check(z.minLength(1), z.maxLength(255))),
  scope: z.optional(Scope),
  searchable: z.optional(z.boolean()),
  identifier: z.optional(z.boolean()),
  description: z.optional(z.nullable(z.string().check(z.maxLength(2_000)))),
});
export type NewProperty = z.infer<typeof NewProperty>;

/** Why a property cannot have this key; null when it can. */
function keyFault(key: string): Fault | null {
  if (FORBIDDEN_NAMES.has(key)) return new Fault('forbiddenName', 'This name cannot be used.');
  if (RESERVED_KEYS.has(key) || key.startsWith('roster_')) {
    return new Fault('reservedName', 'Roster uses this name for something else. Take another.');
  }
  if (key.length > 64) return new Fault('tooLong', 'A key has at most 64 characters.');
  if (KEY_PATTERN.test(key)) return null;
  return new Fault('notAllowed', 'A key begins with a small letter a–z; letters, digits and _ follow.');
}

/** Text-like types, whose words can be searched. */
const SEARCHABLE: ReadonlySet<PropertyType> = new Set(['text', 'longText', 'email', 'phone', 'url']);

function faultsOf({ key, type, scope, identifier, searchable }: NewProperty): readonly PlacedFault[] {
  const faults: PlacedFault[] = [];
  const fault = keyFault(key);
  if (fault) faults.push({ pointer: '/key', code: fault.code, detail: fault.detail });
  if (identifier && type !== 'text') {
    faults.push({ pointer: '/type', code: 'notAllowed', detail: 'An identifier of your own is of type text.' });
  }
  if (identifier && scope === 'company') {
    faults.push({ pointer: '/identifier', code: 'notAllowed', detail: 'Only users have identifiers.' });
  }
  if (searchable && !SEARCHABLE.has(type)) {
    faults.push({ pointer: '/searchable', code: 'notAllowed', detail: 'Only text can be searched.' });
  }
  return faults;
}

/**
 * The property that a body declares.
 *
 * @throws Problem with every fault
 */
export function readNewProperty(body: NewProperty, now: number): Property {
  const faults = faultsOf(body);
  if (faults.length > 0) throw problemOf(faults);
  const label = body.label?.normalize('NFC').trim() || body.key;
  return {
    key: body.key,
    label,
    type: body.type,
    scope: body.scope ?? 'user',
    origin: 'custom',
    identifier: body.identifier ?? false,
    searchable: body.searchable ?? false,
    archived: false,
    description: body.description ?? null,
    createdAt: new Date(now).toISOString(),
    version: 1,
  };
}
