import { readFile } from 'node:fs/promises';
import { action } from '../../shared/runtime/action.ts';
import { Reply } from '../../shared/runtime/contract.ts';

/** The document lies beside the bundle, which made it of all contracts. */
const document = new URL('openapi.json', import.meta.url);

const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'public, max-age=300' };

export const handler = action(
  {
    summary: 'Read this reference as OpenAPI 3.1',
    description:
      'Made from the schemas by which requests are read and answers are written. A test sends every example in it.',
    scope: 'public',
    replies: { 200: 'application/json' },
  },
  async () => new Reply(200, headers, await readFile(document, 'utf8')),
);
