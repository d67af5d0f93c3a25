import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { s3 } from './bucket.ts';

/** A form by which a browser or a script uploads one file: the fields first, the file last, as `file`. */
export type UploadForm = { readonly url: string; readonly fields: Readonly<Record<string, string>> };

/** A form for one key, for so many bytes at most, that serves for so many seconds. */
export async function uploadForm(
  bucket: string,
  key: string,
  { maxBytes, seconds }: { readonly maxBytes: number; readonly seconds: number },
): Promise<UploadForm> {
  const { url, fields } = await createPresignedPost(s3(), {
    Bucket: bucket,
    Key: key,
    Conditions: [['content-length-range', 0, maxBytes]],
    Expires: seconds,
  });
  return { url, fields };
}

/** A URL by which anybody reads an object for so many seconds. */
export function readingUrl(bucket: string, key: string, seconds: number): Promise<string> {
  return getSignedUrl(s3(), new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: seconds });
}
