import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** The queue of users whose memberships have to be repaired, by its URL, and the client that reaches it. */
export type RepairQueue = { readonly client: SQSClient; readonly url: string };

/** The most messages of one call. */
const BATCH = 10;

/**
 * Sends users to repair, which sets their memberships right by their profiles as they then are. A message holds the id of
 * a user and nothing else.
 */
export async function requestRepairs({ client, url }: RepairQueue, users: readonly string[]): Promise<void> {
  for (let from = 0; from < users.length; from += BATCH) {
    const Entries = users.slice(from, from + BATCH).map((user, n) => ({ Id: String(n), MessageBody: user }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    if (Failed.length > 0) throw new Error('the repair queue did not take every user');
  }
}
