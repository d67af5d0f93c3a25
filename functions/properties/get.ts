import * as z from 'zod/mini';
import * as schemas from '../../shared/data/schema.ts';
import { Problem } from '../../shared/domain/errors.ts';
import { Property, Scope } from '../../shared/domain/property.ts';
import { action } from '../../shared/runtime/action.ts';

/** One property. */
export const handler = action(
  {
    summary: 'Get a property',
    scope: 'users:read',
    query: z.strictObject({ scope: z._default(Scope, 'user') }),
    output: Property,
  },
  async ({ params, query, now }) => {
    const schema = await schemas.fresh(query.scope, now);
    const property = schema.properties.get(params.key ?? '');
    if (!property) throw new Problem('notFound', 'There is no such property.');
    return property;
  },
);
