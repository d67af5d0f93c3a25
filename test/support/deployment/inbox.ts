import { createRequire } from 'node:module';
import { freePort, loopback } from '../../../infra/local/process/ports.ts';

const { default: start } = createRequire(import.meta.url)('aws-ses-v2-local') as typeof import('aws-ses-v2-local');

/** A mail as the inbox shows it. */
export type Mail = {
  readonly from: string;
  readonly destination: { readonly to: readonly string[] };
  readonly subject: string;
  readonly body: { readonly text: string; readonly html: string };
};

/** All mails that an inbox has, oldest first. */
export async function mailsAt(endpoint: string): Promise<readonly Mail[]> {
  const { emails } = (await (await fetch(`${endpoint}/store`)).json()) as { emails: Mail[] };
  return emails;
}

/** The link that a mail carries to a file of this name. */
export function linkIn({ body }: Mail, name = ''): string {
  const [, url] = new RegExp(`Download ${name}[^\\n]*\\n(\\S+)`).exec(body.text) ?? [];
  if (url === undefined) throw new Error('the mail has no such link');
  return url;
}

/** Starts an empty inbox and points the functions of this test file at it. */
export async function startInbox() {
  const server = await start({ host: loopback, port: await freePort() });
  const address = server.address();
  const endpoint = `http://${loopback}:${typeof address === 'object' && address ? address.port : 0}`;
  Object.assign(process.env, { AWS_ENDPOINT_URL_SES: endpoint });
  return { mails: () => mailsAt(endpoint), stop: async () => void server.close() };
}
