import * as z from 'zod/mini';
import { PRIVATE, refused } from '../../shared/app/jobs/link-page.ts';
import { opened } from '../../shared/app/jobs/links.ts';
import { countClick } from '../../shared/data/jobs/links.ts';
import { action } from '../../shared/runtime/action.ts';
import { deploymentBucket } from '../../shared/runtime/clients.ts';
import { Reply } from '../../shared/runtime/contract.ts';
import { readingUrl } from '../../shared/storage/signed.ts';

/** The life of the presigned URL, in seconds. */
const SECONDS = 60;

export const handler = action(
  {
    summary: 'Download the file behind a link',
    description:
      'Leads to a URL that works for 60 s, any number of times; each is counted. `HEAD` counts nothing. Parameters that others have added to the link are not looked at. A link that opens nothing is a page for a browser (`Accept: text/html`), and a problem for a program.',
    scope: 'public',
    path: z.strictObject({ token: z.string() }),
    // Mail filters add parameters of their own to links.
    query: z.record(z.string(), z.unknown()),
    replies: { 302: '', 404: 'text/html', 410: 'text/html' },
  },
  async ({ path, method, headers, now }) => {
    const found = await opened(deploymentBucket(), path.token, now);
    if (found.kind !== 'file') {
      const page = refused(found.kind, headers.accept);
      return new Reply(page.status, page.headers, page.html);
    }
    // Mail filters send HEAD: that is no click.
    if (method === 'HEAD') return new Reply(200, PRIVATE);
    await countClick(found.hash);
    return new Reply(302, { ...PRIVATE, location: await readingUrl(deploymentBucket(), found.key, SECONDS) });
  },
);
