import { type Json, reference } from './json-schemas.ts';

const group = (name: 'all' | 'any', description: string): Json => ({
  type: 'object',
  description,
  required: [name],
  properties: { [name]: { type: 'array', minItems: 1, items: reference('GivenRule') } },
  additionalProperties: false,
});

const condition: Json = {
  type: 'object',
  description: 'A condition on one field of the user.',
  required: ['field', 'op'],
  properties: {
    field: {
      type: 'string',
      description: 'A property, or `id status tags companies source signedUpAt createdAt updatedAt lastSeenAt`.',
    },
    op: {
      type: 'string',
      description:
        'The operators depend on the type of the field: `is`, `in`, `contains`, `exists`, `atLeast`, `before`, `hasAny` and more. A wrong one is answered with the list of those that the field has.',
    },
    value: { description: 'The value to compare with. `exists`, `isTrue`, `isEmpty` and the like take none.' },
    exact: { type: 'boolean', description: 'Compare texts letter by letter. Case and accents count then.' },
    timeZone: {
      type: 'string',
      enum: ['deployment', 'user'],
      description: 'The time zone whose days count, where a day is compared with an instant.',
    },
  },
  additionalProperties: false,
};

/** A rule as it is sent. The contracts leave it open, since a checker of its own reads it and points into it. */
export const GivenRule: Json = {
  description:
    'One condition, or a group: `all` and `any` of several rules, `not` of one. At most 100 conditions, 8 groups deep, 16 KB.',
  anyOf: [
    condition,
    group('all', 'All of these rules hold.'),
    group('any', 'At least one of these rules holds.'),
    {
      type: 'object',
      description: 'The rule does not hold.',
      required: ['not'],
      properties: { not: reference('GivenRule') },
      additionalProperties: false,
    },
  ],
};

/** Bodies with the schema of a rule where they take one. */
export function withRules(bodies: Readonly<Record<string, Json>>): Record<string, Json> {
  const isOpen = (value: unknown) => JSON.stringify(value) === '{}';
  return JSON.parse(JSON.stringify(bodies), (key, value) =>
    (key === 'rule' || key === 'where') && isOpen(value) ? reference('GivenRule') : value,
  );
}
