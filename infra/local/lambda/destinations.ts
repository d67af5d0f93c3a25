import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Credentials } from '../iam/authority.ts';
import { CannotStart } from '../process/cannot-start.ts';
import type { Json } from '../process/json.ts';
import { clientsOf } from '../services/clients.ts';

/** Stores a record or event that could not be handled: in a bucket under `path`, in a queue the body alone. */
export type Destination = (path: string, body: Json) => Promise<void>;

/** The place that an ARN names, written to with somebody's key; one of another service stops the start. */
export function destinationOf(arn: string, storage: string, credentials: Credentials): Destination {
  const clients = clientsOf(storage, credentials);
  const [, , service, , account, name = ''] = arn.split(':');
  if (service === 's3') {
    return async (path, body) => {
      await clients.s3.send(
        new PutObjectCommand({
          Bucket: name,
          Key: path,
          Body: JSON.stringify(body),
          ContentType: 'application/json',
        }),
      );
    };
  }
  if (service === 'sqs') {
    return async (_, body) => {
      const QueueUrl = `${storage}/${account}/${name}`;
      await clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(body) }));
    };
  }
  throw new CannotStart(`A failure destination at ${service} (${arn}) is not known to the local stack.`);
}

/** The part of a key that Lambda makes of a moment, such as `2026/01/31/2026-01-31T09.30.00`. */
export function datedPath(now: Date): string {
  const [day = '', time = ''] = now.toISOString().split('T');
  return `${day.replaceAll('-', '/')}/${day}T${time.slice(0, 8).replaceAll(':', '.')}`;
}
