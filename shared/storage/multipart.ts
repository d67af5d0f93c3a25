import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { type Bucket, headersOf, MOVING, type Presentation } from './bucket.ts';

/** A part of a multipart upload, by which S3 completes the object. */
export type UploadedPart = { readonly number: number; readonly etag: string };

/** A multipart upload under way; its object does not exist before it is complete. */
export type Upload = { readonly bucket: Bucket; readonly key: string; readonly id: string };

/** Begins a multipart upload. */
export async function begin(bucket: Bucket, key: string, as?: Presentation): Promise<Upload> {
  const command = new CreateMultipartUploadCommand({ Bucket: bucket.name, Key: key, ...headersOf(as) });
  const { UploadId } = await bucket.client.send(command);
  if (!UploadId) throw new Error('S3 began an upload without an id');
  return { bucket, key, id: UploadId };
}

const placed = ({ bucket, key, id }: Upload) => ({ Bucket: bucket.name, Key: key, UploadId: id });

/** Uploads one part, numbered from 1; every part but the last has at least 5 MiB. */
export async function uploadPart(upload: Upload, number: number, body: Uint8Array): Promise<UploadedPart> {
  const command = new UploadPartCommand({ ...placed(upload), PartNumber: number, Body: body });
  const { ETag } = await upload.bucket.client.send(command, MOVING);
  if (!ETag) throw new Error('S3 uploaded a part without an ETag');
  return { number, etag: ETag };
}

/** Copies bytes `from` to `to` (not included) of another object of the bucket as one part, inside S3. */
export async function copyPart(
  upload: Upload,
  number: number,
  copied: { readonly key: string; readonly from: number; readonly to: number },
): Promise<UploadedPart> {
  const { bucket } = upload;
  const command = new UploadPartCopyCommand({
    ...placed(upload),
    PartNumber: number,
    CopySource: `${bucket.name}/${copied.key.split('/').map(encodeURIComponent).join('/')}`,
    CopySourceRange: `bytes=${copied.from}-${copied.to - 1}`,
  });
  const { CopyPartResult } = await bucket.client.send(command, MOVING);
  if (!CopyPartResult?.ETag) throw new Error('S3 copied a part without an ETag');
  return { number, etag: CopyPartResult.ETag };
}

/** Completes the object from its parts. */
export async function complete(upload: Upload, parts: readonly UploadedPart[]): Promise<void> {
  const Parts = [...parts]
    .sort((a, b) => a.number - b.number)
    .map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
  const command = new CompleteMultipartUploadCommand({ ...placed(upload), MultipartUpload: { Parts } });
  await upload.bucket.client.send(command, MOVING);
}

/** Aborts an upload; S3 deletes its parts. */
async function abort(upload: Upload): Promise<void> {
  await upload.bucket.client.send(new AbortMultipartUploadCommand(placed(upload)));
}

/** The bytes of a part of a stream: 10,000 such parts, the most that S3 takes, hold any file that Roster reads. */
const PART = 8 * 1024 * 1024;

/** Uploads bytes as they come, and holds at most one part of them in memory. */
export type Sink = {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Completes the object, and returns its size in bytes. */
  readonly close: () => Promise<number>;
  readonly abort: () => Promise<void>;
};

/** Opens an object for writing as a stream. */
export async function openSink(bucket: Bucket, key: string, as?: Presentation): Promise<Sink> {
  const upload = await begin(bucket, key, as);
  const parts: UploadedPart[] = [];
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let bytes = 0;
  const flush = async () => {
    const body = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    parts.push(await uploadPart(upload, parts.length + 1, body));
  };
  return {
    async write(chunk) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      bytes += chunk.length;
      if (waitingBytes >= PART) await flush();
    },
    async close() {
      if (waitingBytes > 0 || parts.length === 0) await flush();
      await complete(upload, parts);
      return bytes;
    },
    abort: () => abort(upload),
  };
}
