import type * as z from 'zod/mini';
import type { kinds } from '../cloudformation/kinds.ts';
import { CannotStart } from '../process/cannot-start.ts';
import type { Session } from './authority.ts';
import type { Access } from './policy.ts';

type Settings = z.output<typeof kinds.mapping.properties>;

/** What Lambda asks of a function's role when a mapping is made. Source: Lambda developer guide, of each event source. */
const needed = {
  dynamodb: ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'],
  sqs: ['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'],
};

/** Stops the start when a function may not read the source of a mapping: Lambda makes no such mapping. */
export function assertMayConsume(
  { EventSourceArn, DestinationConfig }: Settings,
  session: Session,
  label: string,
): void {
  const service = EventSourceArn.includes(':sqs:') ? 'sqs' : 'dynamodb';
  const accesses: Access[] = needed[service].map((action) => ({
    action: `${service}:${action}`,
    resource: EventSourceArn,
  }));
  const destination = DestinationConfig?.OnFailure?.Destination;
  if (destination?.startsWith('arn:aws:s3:')) accesses.push({ action: 's3:ListBucket', resource: destination });
  const refusal = session.check(accesses);
  if (refusal !== null) throw new CannotStart(`The mapping ${label} cannot be made: ${refusal.message}.`);
}
