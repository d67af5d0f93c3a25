import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { sqs } from './clients.ts';
import { env } from './env.ts';

/** The most messages that one call takes. */
const AT_ONCE = 10;

/**
 * Puts users in line for repair: their memberships are set right from their profiles as they then are. A message holds
 * the id of a user and nothing else.
 */
export async function requestRepairs(users: readonly string[]): Promise<void> {
  for (let from = 0; from < users.length; from += AT_ONCE) {
    const Entries = users.slice(from, from + AT_ONCE).map((user, n) => ({ Id: String(n), MessageBody: user }));
    const { Failed = [] } = await sqs().send(new SendMessageBatchCommand({ QueueUrl: env.repairQueue, Entries }));
    if (Failed.length > 0) throw new Error('the repair queue did not take every user');
  }
}
