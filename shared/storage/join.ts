import pMap from 'p-map';
import { at, type Bucket, type Presentation } from './bucket.ts';
import { begin, complete, copyPart, type Upload, type UploadedPart, uploadPart } from './multipart.ts';

/** A piece of a joined file: an object of the bucket, or bytes in memory (a header). */
export type Piece = { readonly key: string; readonly bytes: number } | { readonly body: Uint8Array };

/** The state of a join that ran out of time: the next call continues from it with the same pieces. Plain JSON. */
type JoinState = { readonly uploadId: string; readonly parts: readonly UploadedPart[] };

/** A join that is complete, or that ran out of time. */
export type Joined =
  | { readonly done: true; readonly bytes: number }
  | { readonly done: false; readonly state: JoinState };

/** The fewest bytes of a part of an S3 upload, but for the last part. */
const LEAST = 5 * 1024 * 1024;

/** Bytes `from` to `to` (not included) of a piece. */
type Stretch = { readonly piece: Piece; readonly from: number; readonly to: number };

const sizeOf = (piece: Piece) => ('body' in piece ? piece.body.length : piece.bytes);

/** Stretches that become one part. */
type Group = readonly Stretch[];

/** True for a group of one stretch of an object that S3 can copy. */
function isCopied(group: Group): boolean {
  const [one, another] = group;
  return one !== undefined && another === undefined && 'key' in one.piece && one.to - one.from >= LEAST;
}

/** The bytes at the beginning of an object that join the small ones before it: 5 MiB, or 0 when too few would be left. */
function lentBy(piece: Piece, waiting: number): number {
  return waiting > 0 && 'key' in piece && piece.bytes >= 2 * LEAST ? LEAST : 0;
}

/**
 * Groups neighbours until a group has 5 MiB. A large object is copied inside S3, and lends its first 5 MiB to small ones
 * before it. A piece has at most 5 GB, the most that S3 copies in one call.
 */
export function grouped(pieces: readonly Piece[]): readonly Group[] {
  const groups: Stretch[][] = [[]];
  let size = 0;
  const add = (stretch: Stretch) => {
    if (size >= LEAST) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(stretch);
    size += stretch.to - stretch.from;
  };
  for (const piece of pieces) {
    const lent = lentBy(piece, size < LEAST ? size : 0);
    if (lent > 0) add({ piece, from: 0, to: lent });
    if (sizeOf(piece) > lent) add({ piece, from: lent, to: sizeOf(piece) });
  }
  return groups;
}

async function read(bucket: Bucket, { piece, from, to }: Stretch): Promise<Uint8Array> {
  return 'body' in piece ? piece.body.subarray(from, to) : bucket.range(at(piece.key), from, to);
}

/** The parts under way at once: each takes at most about 10 MiB of memory, and all are saved together. */
const AT_ONCE = 4;

type Options = { readonly state?: JoinState | undefined; readonly hasTime?: () => boolean };

/** True when an upload does not exist any more: it was completed, or is too old. */
const isOver = (error: unknown) => error instanceof Error && error.name === 'NoSuchUpload';

/**
 * Joins objects into one inside S3, in their order, and holds none of them whole in memory: large ones are copied, small
 * neighbours are read and uploaded together. When the upload of `state` is over, the join begins anew: an earlier call
 * completed it and died before it said so.
 *
 * @param options `state` of a join of the same pieces that ran out of time; `hasTime` is called before every four parts
 */
export function join(
  bucket: Bucket,
  target: { readonly key: string } & Presentation,
  pieces: readonly Piece[],
  options: Options = {},
): Promise<Joined> {
  const { state, ...rest } = options;
  return joinFrom(bucket, target, pieces, options).catch((error: unknown) => {
    if (state && isOver(error)) return joinFrom(bucket, target, pieces, rest);
    throw error;
  });
}

/** Makes one part of a group: copied inside S3 where that is possible, else read and uploaded. */
async function makePart(upload: Upload, number: number, group: Group): Promise<UploadedPart> {
  const [one] = group;
  if (isCopied(group) && one && 'key' in one.piece) {
    return copyPart(upload, number, { key: one.piece.key, from: one.from, to: one.to });
  }
  const bodies = await pMap(group, (stretch) => read(upload.bucket, stretch), { concurrency: 8 });
  return uploadPart(upload, number, Buffer.concat(bodies));
}

async function joinFrom(
  bucket: Bucket,
  target: { readonly key: string } & Presentation,
  pieces: readonly Piece[],
  options: Options,
): Promise<Joined> {
  const groups = grouped(pieces);
  const bytes = pieces.reduce((sum, piece) => sum + sizeOf(piece), 0);
  const [only] = groups;
  if (groups.length === 1 && only && !isCopied(only) && !options.state) {
    const bodies = await pMap(only, (stretch) => read(bucket, stretch), { concurrency: 8 });
    await bucket.put(target.key, Buffer.concat(bodies), target);
    return { done: true, bytes };
  }
  const upload = options.state
    ? { bucket, key: target.key, id: options.state.uploadId }
    : await begin(bucket, target.key, target);
  const parts: UploadedPart[] = [...(options.state?.parts ?? [])];
  while (parts.length < groups.length) {
    if (options.hasTime && !options.hasTime()) return { done: false, state: { uploadId: upload.id, parts } };
    const few = [...groups.entries()].slice(parts.length, parts.length + AT_ONCE);
    parts.push(...(await pMap(few, ([index, group]) => makePart(upload, index + 1, group), { concurrency: AT_ONCE })));
  }
  await complete(upload, parts);
  return { done: true, bytes };
}
