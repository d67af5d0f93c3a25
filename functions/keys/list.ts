import * as z from 'zod/mini';
import * as apiKeys from '../../shared/data/access/api-keys.ts';
import { ApiKey } from '../../shared/domain/keys/api-key.ts';
import { action } from '../../shared/runtime/action.ts';
import { cursorTo, pageOf, pageQuery, positionOf } from '../../shared/runtime/list.ts';

/** Lists all API keys, revoked ones too, without their secrets. */
export const handler = action(
  {
    summary: 'List API keys',
    description: 'Oldest first, revoked and expired ones too.',
    scope: 'keys',
    query: z.strictObject(pageQuery),
    check: positionOf,
    output: pageOf(ApiKey),
  },
  async ({ query, rawPath, input }) => {
    const [after = ''] = input ?? [];
    const rest = (await apiKeys.all()).filter((one) => apiKeys.placeOf(one) > after);
    const data = rest.slice(0, query.limit);
    const last = data.at(-1);
    const next = last && rest.length > data.length ? [apiKeys.placeOf(last)] : null;
    return { data, nextCursor: cursorTo(next, { rawPath, query }) };
  },
);
