import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { region } from '../cloudformation/names.ts';
import type { Credentials } from '../iam/authority.ts';

/** Clients of the storage server that sign with somebody's key. */
export type Clients = { readonly s3: S3Client; readonly sqs: SQSClient };

export function clientsOf(endpoint: string, { accessKeyId, secretAccessKey }: Credentials): Clients {
  // A client writes into the credentials that it is given.
  const common = () => ({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  return { s3: new S3Client({ ...common(), forcePathStyle: true }), sqs: new SQSClient(common()) };
}
