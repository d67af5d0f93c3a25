import { type SESClient, SendEmailCommand } from '@aws-sdk/client-ses';

/** The words of a mail, as text and as HTML. */
export type Message = { readonly subject: string; readonly text: string; readonly html: string };

const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });

/** Sends one mail to one person through SES, which tries for hours to deliver it. Throws when SES does not accept it. */
export async function sendMail(
  client: SESClient,
  from: string,
  to: string,
  { subject, text, html }: Message,
): Promise<void> {
  const Message = { Subject: utf8(subject), Body: { Text: utf8(text), Html: utf8(html) } };
  await client.send(new SendEmailCommand({ Source: from, Destination: { ToAddresses: [to] }, Message }));
}
