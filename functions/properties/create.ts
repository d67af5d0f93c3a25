import * as schemas from '../../shared/data/schema.ts';
import { Problem } from '../../shared/domain/errors.ts';
import { Property } from '../../shared/domain/property.ts';
import { NewProperty, readNewProperty } from '../../shared/domain/property-input.ts';
import { action } from '../../shared/runtime/action.ts';

/** Declares a custom property. */
export const handler = action(
  {
    summary: 'Declare a property',
    description:
      'A key matches `^[a-z][A-Za-z0-9_]{0,63}$`. `identifier: true` only here, of type `text`, at most five. `scope` is `user` when it is not given.',
    scope: 'users:write',
    body: NewProperty,
    status: 201,
    output: Property,
    creates: {
      id: ({ key, scope }) => (scope === 'user' ? key : `${key}?scope=${scope}`),
      path: '/v1/properties/',
      read: async (id, now) => {
        const [key = '', query] = id.split('?');
        const schema = await schemas.fresh(query ? 'company' : 'user', now);
        return schema.properties.get(key) ?? null;
      },
    },
  },
  async ({ body, now }) => {
    const property = readNewProperty(body, now);
    const schema = await schemas.fresh(property.scope, now);
    const there = schema.properties.get(property.key);
    // A call that is taken up after it died finds its own work by the time that it first began at.
    if (there?.createdAt === property.createdAt) return there;
    if (there) throw new Problem('exists', `There is a property ${property.key} already.`);
    await schemas.declare([property], property.scope);
    return property;
  },
);
