import { createReadStream, statSync } from 'node:fs';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { DropArguments } from './arguments.ts';

/** Where Roster looks for the options of a file that do not fit into metadata. */
const OPTIONS_SUFFIX = '.options.json';

/** Puts a file into the bucket, after the options that stand beside it. */
export async function upload({ file, key, metadata, mapping, local }: DropArguments): Promise<void> {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = local.s3;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  const beside = { Bucket: bucket, Key: `${key}${OPTIONS_SUFFIX}` };
  // Options that an earlier drop of this key left would count for this one as well.
  if (mapping === null) await client.send(new DeleteObjectCommand(beside));
  else await client.send(new PutObjectCommand({ ...beside, Body: JSON.stringify({ mapping }) }));
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: createReadStream(file),
      ContentLength: statSync(file).size,
      Metadata: { ...metadata },
    }),
  );
  client.destroy();
}
