import * as z from 'zod/mini';
import * as schemas from '../../shared/data/schema.ts';
import { Property, Scope } from '../../shared/domain/properties/property.ts';
import { action } from '../../shared/runtime/action.ts';

/** Lists all properties of a scope, archived ones too. */
export const handler = action(
  {
    summary: 'List properties',
    description:
      'All of a scope at once, archived ones too: there are at most 300 live ones. System properties come first, then the others in the order of their declaration.',
    scope: 'users:read',
    query: z.strictObject({ scope: z._default(Scope, 'user') }),
    output: z.strictObject({ data: z.readonly(z.array(Property)) }),
  },
  async ({ query, now }) => {
    const schema = await schemas.fresh(query.scope, now);
    return { data: [...schema.properties.values()] };
  },
);
