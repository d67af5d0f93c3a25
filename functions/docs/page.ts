import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { action } from '../../shared/runtime/action.ts';
import { Reply } from '../../shared/runtime/contract.ts';

const pageWith = (script: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Roster API</title>
<link rel="icon" href="data:,">
<style>body{margin:0}openapi-explorer{--font-regular:system-ui,sans-serif}</style>
<openapi-explorer spec-url="/openapi.json" hide-server-selection></openapi-explorer>
<script type="module">${script}</script>
</html>`;

/** The viewer was put beside this function when it was bundled: the page asks nobody but this API. */
async function made() {
  const viewer = await readFile(new URL('viewer.js', import.meta.url), 'utf8');
  const script = viewer.replaceAll('</script', '<\\/script');
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  const html = pageWith(script);
  return { policy, html, packed: gzipSync(html).toString('base64') };
}
let page: ReturnType<typeof made> | undefined;

export const handler = action(
  { summary: 'Read this reference in a browser', scope: 'public', replies: { 200: 'text/html' } },
  async ({ headers: { 'accept-encoding': accepted = '' } }) => {
    page ??= made();
    const { policy, html, packed } = await page;
    const plain = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
    const headers = { ...plain, 'cache-control': 'public, max-age=300', vary: 'accept-encoding' };
    if (!accepted.includes('gzip')) return new Reply(200, headers, html);
    return new Reply(200, { ...headers, 'content-encoding': 'gzip' }, packed, { isBase64Encoded: true });
  },
);
