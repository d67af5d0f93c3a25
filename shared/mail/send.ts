import { SESClient, SendEmailCommand } from '@aws-sdk/client-ses';
import { PATIENCE } from '../domain/patience.ts';

/** One message to one person: who writes, and what is said, as text and as HTML. */
export type Message = { readonly subject: string; readonly text: string; readonly html: string };

let client: SESClient | undefined;

const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });

/** Hands one message to SES, which tries for hours to deliver it. Throws when SES does not take it. */
export async function sendMail(from: string, to: string, { subject, text, html }: Message): Promise<void> {
  client ??= new SESClient({ maxAttempts: 5, requestHandler: PATIENCE });
  const Message = { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } };
  await client.send(new SendEmailCommand({ Source: from, Destination: { ToAddresses: [to] }, Message }));
}
