import * as z from 'zod/mini';
import { segmentsUsing } from '../../shared/app/properties/use.ts';
import * as schemas from '../../shared/data/schema.ts';
import { Problem } from '../../shared/domain/errors.ts';
import { Property, Scope } from '../../shared/domain/properties/property.ts';
import { action } from '../../shared/runtime/action.ts';

/** Reads a property, with the segments whose rules use it. */
export const handler = action(
  {
    summary: 'Get a property',
    description: '`usedBy` holds the ids of the segments whose rules read it. It changes without a new version.',
    scope: 'users:read',
    path: z.strictObject({ key: z.string() }),
    query: z.strictObject({ scope: z._default(Scope, 'user') }),
    output: z.extend(Property, { usedBy: z.readonly(z.array(z.string())) }),
  },
  async ({ path, query, now }) => {
    const schema = await schemas.fresh(query.scope, now);
    const property = schema.properties.get(path.key);
    if (!property) throw new Problem('notFound', 'There is no such property.');
    return { ...property, usedBy: query.scope === 'user' ? await segmentsUsing(property.key) : [] };
  },
);
