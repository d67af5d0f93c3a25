import * as schemas from '../../shared/data/schema.ts';
import { NewProperty, readNewProperty } from '../../shared/domain/properties/input.ts';
import { Property, SYSTEM_PROPERTIES } from '../../shared/domain/properties/property.ts';
import { action } from '../../shared/runtime/action.ts';

/** Declares a custom property. */
export const handler = action(
  {
    summary: 'Declare a property',
    description:
      'A key matches `^[a-z][A-Za-z0-9_]{0,63}$`. A key or label that a file would take for a system field is a 400 `reservedName`. `identifier: true` only here, of type `text`, at most five. `scope` is `user` when it is not given.',
    scope: 'users:write',
    body: NewProperty,
    check: ({ body, now }) => readNewProperty(body, now),
    status: 201,
    output: Property,
    location: ({ key, scope }) => `/v1/properties/${key}${scope === 'user' ? '' : `?scope=${scope}`}`,
    replay: {
      remember: ({ key }) => ({ id: key }),
      answer: async ({ id: key }, { body, now }) =>
        (await schemas.fresh(body.scope ?? 'user', now)).properties.get(key) ?? null,
    },
  },
  async ({ input: property, entropy }) => {
    const { key, scope } = property;
    if (SYSTEM_PROPERTIES[scope].some((one) => one.key === key)) throw schemas.declaredAlready();
    await schemas.declare([property], scope, entropy);
    return property;
  },
);
