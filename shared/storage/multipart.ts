import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { MOVING, type Presentation, s3, shown } from './bucket.ts';

/** A part of an object under way, as S3 wants it named at the end. */
export type UploadedPart = { readonly number: number; readonly etag: string };

/** An object that comes into being part by part; nobody sees it before it is complete. */
export type Upload = { readonly bucket: string; readonly key: string; readonly id: string };

/** Begins an object. */
export async function begin(bucket: string, key: string, as?: Presentation): Promise<Upload> {
  const { UploadId } = await s3().send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...shown(as) }));
  if (!UploadId) throw new Error('S3 began an upload without an id');
  return { bucket, key, id: UploadId };
}

const placed = ({ bucket, key, id }: Upload) => ({ Bucket: bucket, Key: key, UploadId: id });

/** Uploads one part, numbered from 1; every part but the last has at least 5 MiB. */
export async function uploadPart(upload: Upload, number: number, body: Uint8Array): Promise<UploadedPart> {
  const command = new UploadPartCommand({ ...placed(upload), PartNumber: number, Body: body });
  const { ETag } = await s3().send(command, MOVING);
  if (!ETag) throw new Error('S3 took a part without naming it');
  return { number, etag: ETag };
}

/** Takes bytes `from` to `to` (not included) of another object of the bucket as one part, without reading them here. */
export async function copyPart(
  upload: Upload,
  number: number,
  copied: { readonly key: string; readonly from: number; readonly to: number },
): Promise<UploadedPart> {
  const command = new UploadPartCopyCommand({
    ...placed(upload),
    PartNumber: number,
    CopySource: `${upload.bucket}/${copied.key.split('/').map(encodeURIComponent).join('/')}`,
    CopySourceRange: `bytes=${copied.from}-${copied.to - 1}`,
  });
  const { CopyPartResult } = await s3().send(command, MOVING);
  if (!CopyPartResult?.ETag) throw new Error('S3 copied a part without naming it');
  return { number, etag: CopyPartResult.ETag };
}

/** Makes the object of its parts. */
export async function complete(upload: Upload, parts: readonly UploadedPart[]): Promise<void> {
  const Parts = [...parts]
    .sort((a, b) => a.number - b.number)
    .map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
  await s3().send(new CompleteMultipartUploadCommand({ ...placed(upload), MultipartUpload: { Parts } }), MOVING);
}

/** Gives an object up; its parts cost nothing from then on. */
async function abort(upload: Upload): Promise<void> {
  await s3().send(new AbortMultipartUploadCommand(placed(upload)));
}

/** How many bytes a part of a stream takes: 10,000 parts of it hold any file that Roster reads. */
const PART = 8 * 1024 * 1024;

/** Takes bytes as they come and keeps no more of them than one part. */
export type Sink = {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Makes the object, and says how many bytes it has. */
  readonly close: () => Promise<number>;
  readonly abort: () => Promise<void>;
};

/** An object written as a stream. */
export async function openSink(bucket: string, key: string, as?: Presentation): Promise<Sink> {
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
