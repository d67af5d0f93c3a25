import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { PATIENCE } from '../domain/patience.ts';

/** The exact bytes of an object: by version id where the bucket has versions, else by the ETag that was seen. */
export type Source = { readonly key: string; readonly versionId: string | null; readonly etag: string | null };

/** What is known of an object without reading it. The ETag stands without quotes; metadata has lower-case names. */
type ObjectHead = Source & {
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
};

/** How an object is answered to whoever follows a link to it. */
export type Presentation = { readonly contentType: string; readonly disposition?: string };

/** An entry of a list of objects. `storedAt` is in milliseconds since 1970. */
export type Listed = {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string | null;
  readonly storedAt: number;
};

/** The bytes that were asked for are not there any more: another object took their key, or nothing is there. */
export class FileLost extends Error {
  readonly reason: 'fileReplaced' | 'fileGone';
  constructor(reason: 'fileReplaced' | 'fileGone') {
    super(reason);
    this.name = reason;
    this.reason = reason;
  }
}

/** How many bytes a stream asks for at a time. */
const WINDOW = 8 * 1024 * 1024;

const MOST_ATTEMPTS = 4;

/** What is read at once is there after this time, in milliseconds, or its connection hangs in the middle of it. */
const READING = 20_000;

/** Calls that carry megabytes, or let S3 move them, are waited for as long as that may take, in milliseconds. */
export const MOVING = { requestTimeout: 120_000 } as const;

const unquoted = (etag: string | undefined) => etag?.replaceAll('"', '') ?? null;

/** The header by which a file is saved under its own name. */
export const attachment = (fileName: string) => `attachment; filename="${fileName.replaceAll(/[^\w.-]/g, '_')}"`;

/** What is there of an error that says that an object is not as it was seen; null for any other. */
function lost(error: unknown): FileLost | null {
  if (!(error instanceof S3ServiceException)) return null;
  const status = error.$metadata.httpStatusCode;
  if (status === 412) return new FileLost('fileReplaced');
  // S3 says 403 instead of 404 to a role that may list only below some prefixes.
  const isGone = status === 403 || (status === 404 && error.name !== 'NoSuchBucket');
  return isGone ? new FileLost('fileGone') : null;
}

/** Which bytes a read names. */
function named(bucket: string, { key, versionId, etag }: Source) {
  const place = { Bucket: bucket, Key: key };
  if (versionId !== null) return { ...place, VersionId: versionId };
  return etag === null ? place : { ...place, IfMatch: `"${etag}"` };
}

let client: S3Client | undefined;

/** The one client of the process. Checksums are sent where S3 asks for them: pieces and copies mix in one object. */
export function s3(): S3Client {
  client ??= new S3Client({
    requestChecksumCalculation: 'WHEN_REQUIRED',
    maxAttempts: 5,
    requestHandler: PATIENCE,
  });
  return client;
}

async function readOnce(command: GetObjectCommand): Promise<Buffer> {
  const { Body } = await s3().send(command, { abortSignal: AbortSignal.timeout(READING) });
  if (!(Body instanceof Readable)) throw new Error('S3 answered without a body');
  const chunks: Uint8Array[] = [];
  for await (const chunk of Body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The SDK repeats a call that fails, but not one whose answer breaks off or stops: that is done here. */
async function read(command: GetObjectCommand): Promise<Buffer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(command);
    } catch (error) {
      if (error instanceof S3ServiceException || attempt === MOST_ATTEMPTS) throw lost(error) ?? error;
    }
  }
}

/** The object at a key, small enough to be held whole; null when there is none. */
async function get(bucket: string, key: string): Promise<Buffer | null> {
  try {
    return await read(new GetObjectCommand({ Bucket: bucket, Key: key }));
  } catch (error) {
    if (error instanceof FileLost) return null;
    throw error;
  }
}

async function put(bucket: string, key: string, body: Uint8Array | string, as?: Presentation): Promise<void> {
  await s3().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...shown(as) }), MOVING);
}

/** A presentation as S3 takes it. */
export function shown(as: Presentation | undefined) {
  if (!as) return {};
  return { ContentType: as.contentType, ...(as.disposition && { ContentDisposition: as.disposition }) };
}

async function head(bucket: string, source: Source): Promise<ObjectHead | null> {
  try {
    const answer = await s3().send(new HeadObjectCommand(named(bucket, source)));
    return {
      key: source.key,
      versionId: answer.VersionId ?? null,
      etag: unquoted(answer.ETag),
      bytes: answer.ContentLength ?? 0,
      metadata: answer.Metadata ?? {},
      storedAt: answer.LastModified?.getTime() ?? 0,
    };
  } catch (error) {
    if (lost(error)) return null;
    throw error;
  }
}

async function range(bucket: string, source: Source, from: number, to: number): Promise<Buffer> {
  if (to <= from) return Buffer.alloc(0);
  return read(new GetObjectCommand({ ...named(bucket, source), Range: `bytes=${from}-${to - 1}` }));
}

/** Reads window by window, the next one under way while one is looked at, so that neither memory nor a broken connection grows with the file. */
async function* stream(bucket: string, source: Source, to: number, from = 0): AsyncGenerator<Buffer> {
  const window = (at: number) => (at < to ? range(bucket, source, at, Math.min(at + WINDOW, to)) : null);
  let next = window(from);
  for (let at = from; next; ) {
    const bytes = await next;
    at += bytes.length;
    next = window(at);
    // An error of the window under way is met when its turn comes, or not at all.
    next?.catch(() => undefined);
    yield bytes;
  }
}

async function* list(bucket: string, prefix: string): AsyncGenerator<readonly Listed[]> {
  let token: string | undefined;
  do {
    const page = { Bucket: bucket, Prefix: prefix, ...(token && { ContinuationToken: token }) };
    const { Contents = [], NextContinuationToken } = await s3().send(new ListObjectsV2Command(page));
    yield Contents.map(({ Key = '', Size = 0, ETag, LastModified }) => ({
      key: Key,
      bytes: Size,
      etag: unquoted(ETag),
      storedAt: LastModified?.getTime() ?? 0,
    }));
    token = NextContinuationToken;
  } while (token);
}

/** The bucket of a deployment: what the rooms around it may do with it. */
export type Bucket = {
  readonly name: string;
  /** A small object whole; null when there is none. */
  readonly get: (key: string) => Promise<Buffer | null>;
  /** Writes a small object. */
  readonly put: (key: string, body: Uint8Array | string, as?: Presentation) => Promise<void>;
  /** What is known of these bytes; null when they are not there. */
  readonly head: (source: Source) => Promise<ObjectHead | null>;
  /** Bytes `from` to `to`, the latter not included. @throws FileLost */
  readonly range: (source: Source, from: number, to: number) => Promise<Buffer>;
  /** The bytes up to `to`, in windows of 8 MiB. @throws FileLost */
  readonly stream: (source: Source, to: number, from?: number) => AsyncGenerator<Buffer>;
  /** All objects under a prefix, page by page, in the order of their keys. */
  readonly list: (prefix: string) => AsyncGenerator<readonly Listed[]>;
};

/** Opens the bucket of this name. Where it is, and with whose rights, the environment says. */
export function openBucket(name: string): Bucket {
  return {
    name,
    get: (key) => get(name, key),
    put: (key, body, as) => put(name, key, body, as),
    head: (source) => head(name, source),
    range: (source, from, to) => range(name, source, from, to),
    stream: (source, to, from) => stream(name, source, to, from),
    list: (prefix) => list(name, prefix),
  };
}

/** An object named by its key alone: for what only Roster writes. */
export const at = (key: string): Source => ({ key, versionId: null, etag: null });
