import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { action } from '../../shared/runtime/action.ts';
import { Reply } from '../../shared/runtime/contract.ts';

const pageWith = (style: string, script: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Roster API</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<openapi-explorer spec-url="/openapi.json" default-schema-tab="body" hide-server-selection></openapi-explorer>
<script type="module">${script}</script>
</html>`;

/** Reads a part of the page, which lies beside the bundle: the page loads nothing from another site. */
const partOf = (name: string) => readFile(new URL(name, import.meta.url), 'utf8');

async function made() {
  const script = (await partOf('viewer.js')).replaceAll('</script', '<\\/script');
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { policy, html: pageWith(await partOf('page.css'), script) };
}
let page: ReturnType<typeof made> | undefined;

export const handler = action(
  { summary: 'Read this reference in a browser', scope: 'public', replies: { 200: 'text/html' } },
  async () => {
    page ??= made();
    const { policy, html } = await page;
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
    return new Reply(200, { ...headers, 'cache-control': 'public, max-age=300' }, html);
  },
);
