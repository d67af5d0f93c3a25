import { readFile } from 'node:fs/promises';
import { action } from '../../shared/runtime/action.ts';
import { Reply } from '../../shared/runtime/contract.ts';

/** Made from the contracts of all actions when this function was bundled, and put beside it. */
const document = new URL('openapi.json', import.meta.url);

const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'public, max-age=300' };

export const handler = action(
  { summary: 'Read this reference as OpenAPI 3.1', scope: 'public', replies: { 200: 'application/json' } },
  async () => new Reply(200, headers, await readFile(document, 'utf8')),
);
