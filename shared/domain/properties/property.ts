import * as z from 'zod/mini';

/** The types a property can have. How a value of each is read and written is in `values/`. */
export const PropertyType = z.enum([
  'text',
  'longText',
  'number',
  'boolean',
  'date',
  'datetime',
  'time',
  'list',
  'email',
  'phone',
  'url',
]);
export type PropertyType = z.infer<typeof PropertyType>;

/** The owner of a property's values: users or companies. */
export const Scope = z.enum(['user', 'company']);
export type Scope = z.infer<typeof Scope>;

/** A declared property as the API shows it. `version` rises with every change of the body. */
export const Property = z.strictObject({
  key: z.string(),
  label: z.string(),
  type: PropertyType,
  scope: Scope,
  origin: z.enum(['system', 'custom']),
  identifier: z.boolean(),
  searchable: z.boolean(),
  archived: z.boolean(),
  description: z.nullable(z.string()),
  createdAt: z.nullable(z.string()),
  version: z.number(),
});
export type Property = z.infer<typeof Property>;

/** A custom property as it is declared: what is not said of it has its default. @param at milliseconds since 1970 */
export function declared(
  said: Pick<Property, 'key' | 'type'> & Partial<Omit<Property, 'origin' | 'createdAt'>>,
  at: number,
): Property {
  return {
    label: said.key,
    scope: 'user',
    identifier: false,
    searchable: false,
    archived: false,
    description: null,
    version: 1,
    ...said,
    origin: 'custom',
    createdAt: new Date(at).toISOString(),
  };
}

/** The most live properties a scope may have. */
export const MAX_PROPERTIES = 300;
/** The most custom identifiers a deployment may declare. */
export const MAX_IDENTIFIERS = 5;

/** The pattern of a property's key. */
export const KEY_PATTERN = /^[a-z][A-Za-z0-9_]{0,63}$/;

/** Names that touch an object's prototype: refused as keys everywhere, before any schema sees them. */
export const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
]);

/** Fields that are not properties, in the order in which files show them, with the kind of value each holds. */
export const FIXED_FIELDS = {
  id: 'id',
  tags: 'tags',
  companies: 'companies',
  status: 'status',
  source: 'source',
  signedUpAt: 'datetime',
  createdAt: 'datetime',
  updatedAt: 'datetime',
  lastSeenAt: 'datetime',
} as const;
export type FixedField = keyof typeof FIXED_FIELDS;

/** Keys that a custom property cannot have: they name other things in a user, a file or the API. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set([
  ...Object.keys(FIXED_FIELDS),
  'company',
  'properties',
  'aliases',
  'statusReason',
  'version',
  'segments',
  'segment',
]);

type SystemProperty = { readonly type: PropertyType; readonly identifier?: true; readonly searchable?: true };

/** The properties of users that ship with Roster, in the order in which files show them. */
const SYSTEM_USER = {
  userId: { type: 'text', identifier: true },
  email: { type: 'email', identifier: true },
  phone: { type: 'phone', identifier: true },
  anonymousId: { type: 'text', identifier: true },
  firstName: { type: 'text', searchable: true },
  lastName: { type: 'text', searchable: true },
  gender: { type: 'text' },
  country: { type: 'text' },
  city: { type: 'text' },
  language: { type: 'text' },
  timezone: { type: 'text' },
  lastChannel: { type: 'text' },
  ip: { type: 'text' },
  dob: { type: 'date' },
  emailOptin: { type: 'boolean' },
  smsOptin: { type: 'boolean' },
  whatsappOptin: { type: 'boolean' },
  latitude: { type: 'number' },
  longitude: { type: 'number' },
} as const satisfies Record<string, SystemProperty>;

/** The properties of companies that ship with Roster. */
const SYSTEM_COMPANY = { name: { type: 'text', searchable: true } } as const satisfies Record<string, SystemProperty>;

/** `firstName` → `First name`, `userId` → `User ID`: the label a person reads. */
function labelOf(key: string): string {
  const words = key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return sentence
    .replace(/\bid\b/gi, 'ID')
    .replace(/^Ip$/, 'IP')
    .replace(/^Dob$/, 'Date of birth');
}

function systemProperties(scope: Scope, table: Readonly<Record<string, SystemProperty>>): readonly Property[] {
  return Object.entries(table).map(([key, { type, identifier, searchable }]) => ({
    key,
    label: labelOf(key),
    type,
    scope,
    origin: 'system',
    identifier: identifier ?? false,
    searchable: searchable ?? false,
    archived: false,
    description: null,
    createdAt: null,
    version: 1,
  }));
}

/** The system properties of a scope, in the order in which files show them. */
export const SYSTEM_PROPERTIES: Readonly<Record<Scope, readonly Property[]>> = {
  user: systemProperties('user', SYSTEM_USER),
  company: systemProperties('company', SYSTEM_COMPANY),
};

/**
 * The live schema of one scope: every property by key, archived ones too, and the order of the identifiers.
 *
 * `identifiers` is the order of priority in which a person is looked for: `userId`, `email`, `phone`, the custom ones
 * as declared, `anonymousId`.
 */
export type Schema = {
  readonly properties: ReadonlyMap<string, Property>;
  readonly identifiers: readonly string[];
};

/** A schema from the custom properties of a scope, given in the order in which they were declared. */
export function schemaOf(custom: readonly Property[], scope: Scope = 'user'): Schema {
  const all = [...SYSTEM_PROPERTIES[scope], ...custom];
  const own = custom.filter((property) => property.identifier && !property.archived).map((property) => property.key);
  return {
    properties: new Map(all.map((property) => [property.key, property])),
    identifiers: scope === 'user' ? ['userId', 'email', 'phone', ...own, 'anonymousId'] : [],
  };
}
