import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

/** Names the exact bytes of an object: by version id where the bucket keeps versions, else by the ETag that was read. */
export type Source = { readonly key: string; readonly versionId: string | null; readonly etag: string | null };

/** The properties of an object. The ETag has no quotes; names of metadata are in lower case. */
type ObjectHead = Source & {
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
};

/** The headers with which an object is downloaded. */
export type Presentation = { readonly contentType: string; readonly disposition?: string };

/** An entry of a list of objects. `storedAt` is in milliseconds since 1970. */
export type Listed = {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string | null;
  readonly storedAt: number;
};

/** The bytes of a `Source` do not exist any more: the object was replaced, or deleted. */
export class FileLost extends Error {
  readonly reason: 'fileReplaced' | 'fileGone';
  constructor(reason: 'fileReplaced' | 'fileGone') {
    super(reason);
    this.name = reason;
    this.reason = reason;
  }
}

/** The bytes of one request of a stream. */
const WINDOW = 8 * 1024 * 1024;

const MOST_ATTEMPTS = 4;

/** The time-out of a read with its whole body, in milliseconds: the client's own time-out ends at the first byte. */
const READ_TIMEOUT = 20_000;

/** The time-out of calls that upload megabytes, or copy them inside S3. In milliseconds. */
export const MOVING = { requestTimeout: 120_000 } as const;

const unquoted = (etag: string | undefined) => etag?.replaceAll('"', '') ?? null;

/** The header by which a file is saved under its own name. */
export const attachment = (fileName: string) => `attachment; filename="${fileName.replaceAll(/[^\w.-]/g, '_')}"`;

/**
 * The error of bytes that do not exist; null for every other error. A 403 is another error: roles may list the bucket, so
 * that S3 answers 404 for an object that does not exist.
 */
function lost(error: unknown): FileLost | null {
  if (!(error instanceof S3ServiceException)) return null;
  const status = error.$metadata.httpStatusCode;
  if (status === 412) return new FileLost('fileReplaced');
  return status === 404 && error.name !== 'NoSuchBucket' ? new FileLost('fileGone') : null;
}

/** A bucket, and the client that reaches it. */
type Place = { readonly client: S3Client; readonly name: string };

/** The parameters that name the bytes of a read. */
function named({ name }: Place, { key, versionId, etag }: Source) {
  const object = { Bucket: name, Key: key };
  if (versionId !== null) return { ...object, VersionId: versionId };
  return etag === null ? object : { ...object, IfMatch: `"${etag}"` };
}

async function readOnce({ client }: Place, command: GetObjectCommand): Promise<Buffer> {
  const { Body } = await client.send(command, { abortSignal: AbortSignal.timeout(READ_TIMEOUT) });
  if (!Body) throw new Error('S3 answered without a body');
  return Buffer.from(await Body.transformToByteArray());
}

/** Reads a body again when it breaks off or stops: the SDK repeats calls, and no bodies. */
async function read(place: Place, command: GetObjectCommand): Promise<Buffer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(place, command);
    } catch (error) {
      if (error instanceof S3ServiceException || attempt === MOST_ATTEMPTS) throw lost(error) ?? error;
    }
  }
}

async function get(place: Place, key: string): Promise<Buffer | null> {
  try {
    return await read(place, new GetObjectCommand(named(place, at(key))));
  } catch (error) {
    if (error instanceof FileLost) return null;
    throw error;
  }
}

async function put(place: Place, key: string, body: Uint8Array | string, as?: Presentation): Promise<void> {
  const command = new PutObjectCommand({ Bucket: place.name, Key: key, Body: body, ...headersOf(as) });
  await place.client.send(command, MOVING);
}

/** A presentation as parameters of S3. */
export function headersOf(as: Presentation | undefined) {
  if (!as) return {};
  return { ContentType: as.contentType, ...(as.disposition && { ContentDisposition: as.disposition }) };
}

async function head(place: Place, source: Source): Promise<ObjectHead | null> {
  try {
    const answer = await place.client.send(new HeadObjectCommand(named(place, source)));
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

async function range(place: Place, source: Source, from: number, to: number): Promise<Buffer> {
  if (to <= from) return Buffer.alloc(0);
  return read(place, new GetObjectCommand({ ...named(place, source), Range: `bytes=${from}-${to - 1}` }));
}

/**
 * Reads one window while the caller works on the window before. Memory does not grow with the file, and a connection that
 * breaks costs one window.
 */
async function* stream(place: Place, source: Source, to: number, from = 0): AsyncGenerator<Buffer> {
  const window = (start: number) => (start < to ? range(place, source, start, Math.min(start + WINDOW, to)) : null);
  let next = window(from);
  for (let start = from; next; ) {
    const bytes = await next;
    start += bytes.length;
    next = window(start);
    // An error of the next window is thrown when it is awaited; a caller that stops before never awaits it.
    next?.catch(() => undefined);
    yield bytes;
  }
}

async function* list({ client, name }: Place, prefix: string): AsyncGenerator<readonly Listed[]> {
  let token: string | undefined;
  do {
    const page = { Bucket: name, Prefix: prefix, ...(token && { ContinuationToken: token }) };
    const { Contents = [], NextContinuationToken } = await client.send(new ListObjectsV2Command(page));
    yield Contents.map(({ Key = '', Size = 0, ETag, LastModified }) => ({
      key: Key,
      bytes: Size,
      etag: unquoted(ETag),
      storedAt: LastModified?.getTime() ?? 0,
    }));
    token = NextContinuationToken;
  } while (token);
}

/** The bucket of a deployment. */
export type Bucket = {
  readonly name: string;
  /** For calls that this room makes in other files: parts of uploads, signed URLs. */
  readonly client: S3Client;
  /** Reads a small object whole; null when it does not exist. */
  readonly get: (key: string) => Promise<Buffer | null>;
  /** Writes a small object. */
  readonly put: (key: string, body: Uint8Array | string, as?: Presentation) => Promise<void>;
  /** Reads the properties of an object; null when these bytes do not exist. */
  readonly head: (source: Source) => Promise<ObjectHead | null>;
  /** Reads bytes `from` to `to`, the latter not included. @throws FileLost */
  readonly range: (source: Source, from: number, to: number) => Promise<Buffer>;
  /** Reads the bytes up to `to`, in windows of 8 MiB. @throws FileLost */
  readonly stream: (source: Source, to: number, from?: number) => AsyncGenerator<Buffer>;
  /** Lists all objects under a prefix, page by page, in the order of their keys. */
  readonly list: (prefix: string) => AsyncGenerator<readonly Listed[]>;
};

/** Opens the bucket of this name with a client of S3. */
export function openBucket(client: S3Client, name: string): Bucket {
  const place = { client, name };
  return {
    ...place,
    get: (key) => get(place, key),
    put: (key, body, as) => put(place, key, body, as),
    head: (source) => head(place, source),
    range: (source, from, to) => range(place, source, from, to),
    stream: (source, to, from) => stream(place, source, to, from),
    list: (prefix) => list(place, prefix),
  };
}

/** Names an object by its key alone: for objects that only Roster writes. */
export const at = (key: string): Source => ({ key, versionId: null, etag: null });
