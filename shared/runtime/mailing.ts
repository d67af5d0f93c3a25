import { ses } from './clients.ts';
import { env } from './env.ts';
import { log, traceOf } from './log.ts';

/** The mail service and the settings of the deployment, for a function that may send mails. */
export const mailing = () => ({
  client: ses(),
  sender: env.sender,
  allowedRecipients: env.allowedRecipients,
  apiUrl: env.apiUrl,
  onError: (job: string, error: unknown) => log.warn('mail not sent', { job, ...traceOf(error) }),
});
