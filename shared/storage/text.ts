import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Encoding, formatOf, transcoder } from '../domain/csv/encoding.ts';
import { type Failed, failed } from '../domain/csv/failure.ts';
import type { Failure } from '../domain/jobs/job.ts';
import { type Bucket, FileLost, type Source } from './bucket.ts';

/** The error of a file that is no text that Roster reads; `failure` says why. */
export class BadFile extends Error {
  readonly failure: Failure;
  constructor({ failure }: Failed) {
    super(failure.code);
    this.name = failure.code;
    this.failure = failure;
  }
}

/**
 * The text of a file as UTF-8 without BOM, chunk by chunk.
 *
 * `isPlain`: the bytes of the text stand in the object as they are, `bom` bytes from its beginning, so that ranges of the
 * object are ranges of the text.
 */
export type Text = { readonly isPlain: boolean; readonly bom: number; readonly chunks: AsyncGenerator<Uint8Array> };

/** The most bytes that a file may have, and its text when it is inflated. */
export const MAX_FILE_BYTES = 5_000_000_000;

/** The bytes of a chunk. Records that are cut out of a chunk take many times its memory. */
const CHUNK = 1024 * 1024;

const TOO_LARGE = failed('fileTooLarge', 'Is larger than 5 GB: cut it into several files.');

async function* inChunks(windows: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const window of windows) {
    for (let at = 0; at < window.length; at += CHUNK) yield window.subarray(at, at + CHUNK);
  }
}

async function* inflated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const piped = pipeline(Readable.from(chunks), gunzip).catch(() => undefined);
  let bytes = 0;
  try {
    for await (const chunk of gunzip) {
      bytes += chunk.length;
      if (bytes > MAX_FILE_BYTES) throw new BadFile(TOO_LARGE);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof BadFile || error instanceof FileLost || !isBroken(error)) throw error;
    throw new BadFile(failed('unsupportedFile', 'Is a gzip file that is damaged or cut short: pack it again.'));
  }
  await piped;
}

const isBroken = (error: unknown) => error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');

/** Reads the first bytes of a stream, at least 64 unless it has fewer, and gives them with a stream of all bytes. */
async function peeked(chunks: AsyncGenerator<Uint8Array>) {
  let head = Buffer.alloc(0);
  while (head.length < 64) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    if (head.length > 0) yield head;
    yield* chunks;
  }
  return { head, chunks: whole() };
}

async function* decoded(chunks: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncGenerator<Uint8Array> {
  const transcode = transcoder(encoding);
  let skip = encoding.bom;
  const text = (chunk: Uint8Array, last: boolean) => {
    const utf8 = transcode(chunk, last);
    if ('failure' in utf8) throw new BadFile(utf8);
    return utf8;
  };
  for await (const chunk of chunks) {
    const rest = chunk.subarray(skip);
    skip -= chunk.length - rest.length;
    yield text(rest, false);
  }
  yield text(new Uint8Array(), true);
}

function encodingOf(head: Uint8Array, named: string | null): Encoding | 'gzip' {
  const format = formatOf(head, named);
  if (typeof format === 'object' && 'failure' in format) throw new BadFile(format);
  return format;
}

/**
 * Opens a file as text: inflates gzip, takes the BOM off, turns other encodings into UTF-8.
 *
 * @param encoding the label of the encoding (WHATWG) that counts where there is no BOM; null for UTF-8
 * @throws BadFile `binaryFile`, `unsupportedFile`, `notUtf8`, `fileTooLarge`; FileLost; also while chunks are read
 */
export async function openText(
  bucket: Bucket,
  source: Source,
  bytes: number,
  encoding: string | null = null,
): Promise<Text> {
  if (bytes > MAX_FILE_BYTES) throw new BadFile(TOO_LARGE);
  const stored = await peeked(inChunks(bucket.stream(source, bytes)));
  const outer = encodingOf(stored.head, encoding);
  if (outer !== 'gzip') {
    return { isPlain: outer.encoding === 'utf-8', bom: outer.bom, chunks: decoded(stored.chunks, outer) };
  }
  const inner = await peeked(inflated(stored.chunks));
  const inside = encodingOf(inner.head, encoding);
  if (inside === 'gzip') throw new BadFile(failed('unsupportedFile', 'Is packed twice: unpack it once.'));
  return { isPlain: false, bom: 0, chunks: decoded(inner.chunks, inside) };
}
