import * as z from 'zod/mini';
import * as schemas from '../../shared/data/schema.ts';
import { TEMPLATE_NAME, template } from '../../shared/domain/csv/template.ts';
import { action } from '../../shared/runtime/action.ts';
import { Reply } from '../../shared/runtime/contract.ts';
import { flag } from '../../shared/runtime/query.ts';

const headers = {
  'content-type': 'text/csv; charset=utf-8',
  'content-disposition': `attachment; filename="${TEMPLATE_NAME}"`,
  'cache-control': 'no-store',
};

export const handler = action(
  {
    summary: 'Download a CSV with every column that an import can write',
    description:
      'A file of your own may keep its headers: a `mapping` such as `{"Work mail": "email"}` says what they mean. See `POST /v1/imports`.',
    scope: 'imports',
    query: z.strictObject({ example: z._default(flag, false) }),
    replies: { 200: 'text/csv' },
  },
  async ({ query, now }) => {
    const schema = await schemas.fresh('user', now);
    return new Reply(200, headers, template(schema, query.example));
  },
);
