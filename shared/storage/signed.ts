import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Bucket } from './bucket.ts';

/** A form with which a browser or a script uploads one file: the fields first, the file last, as `file`. */
export type UploadForm = { readonly url: string; readonly fields: Readonly<Record<string, string>> };

/** Signs a form for one key, for at most so many bytes, valid for so many seconds. */
export async function uploadForm(
  { client, name }: Bucket,
  key: string,
  { maxBytes, seconds }: { readonly maxBytes: number; readonly seconds: number },
): Promise<UploadForm> {
  const { url, fields } = await createPresignedPost(client, {
    Bucket: name,
    Key: key,
    Conditions: [['content-length-range', 0, maxBytes]],
    Expires: seconds,
  });
  return { url, fields };
}

/** Signs a URL with which anybody reads an object for so many seconds. */
export function readingUrl({ client, name }: Bucket, key: string, seconds: number): Promise<string> {
  return getSignedUrl(client, new GetObjectCommand({ Bucket: name, Key: key }), { expiresIn: seconds });
}
