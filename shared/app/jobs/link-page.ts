import { Problem } from '../../domain/errors.ts';
import type { Opened } from './links.ts';

/** The headers of every answer to a link: it is not cached, and the address of the link is sent to no other site. */
export const PRIVATE = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
} as const;

type Refused = Exclude<Opened['kind'], 'file'>;

const TEXTS: Readonly<Record<Refused, { readonly title: string; readonly advice: string }>> = {
  unknown: {
    title: 'This link is not known',
    advice: 'Open it from the e-mail again, or copy the whole address: a part of it may be missing.',
  },
  expired: {
    title: 'This link has expired',
    advice: 'Links work for 72 hours. Ask whoever runs your user data for a new one.',
  },
  revoked: {
    title: 'This link was revoked',
    advice: 'It was ended on purpose. Ask whoever runs your user data for a new one.',
  },
  fileGone: {
    title: 'This file is not kept any more',
    advice: 'Files are deleted after some days. Ask whoever runs your user data to make it again.',
  },
};

const pageOf = ({ title, advice }: (typeof TEXTS)[Refused]) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; font: 1.125rem/1.6 system-ui, sans-serif; }
main { max-width: 34rem; margin: 20vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.3; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${advice}</p>
</main>
</body>
</html>
`;

/** A page for a browser. */
export type Page = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
};

/**
 * The page for a browser whose link opens no file: it gives the reason, and says what to do.
 *
 * @throws Problem for a client that does not accept HTML: `notFound` for a link that never existed, else `gone`
 */
export function refused(kind: Refused, accept = ''): Page {
  const text = TEXTS[kind];
  if (!accept.includes('text/html')) {
    const detail = `${text.title}. ${text.advice}`;
    throw new Problem(kind === 'unknown' ? 'notFound' : 'gone', detail, { headers: PRIVATE });
  }
  const headers = {
    ...PRIVATE,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  };
  return { status: kind === 'unknown' ? 404 : 410, headers, html: pageOf(text) };
}
