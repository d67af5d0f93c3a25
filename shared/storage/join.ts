import { inParallel } from '../domain/in-parallel.ts';
import { at, type Bucket, type Presentation } from './bucket.ts';
import { begin, complete, copyPart, type UploadedPart, uploadPart } from './multipart.ts';

/** One stretch of a joined file: an object of the bucket, or bytes at hand (a header). */
export type Piece = { readonly key: string; readonly bytes: number } | { readonly body: Uint8Array };

/** What a join has done when its time is over: it goes on from there with the same pieces. Plain JSON. */
type JoinState = { readonly uploadId: string; readonly parts: readonly UploadedPart[] };

/** A join that came to its end, or that ran out of time. */
export type Joined =
  | { readonly done: true; readonly bytes: number }
  | { readonly done: false; readonly state: JoinState };

/** The least that a part of an S3 upload may have, but for the last. */
const LEAST = 5 * 1024 * 1024;

type Stretch = { readonly piece: Piece; readonly from: number; readonly to: number };

const sizeOf = (piece: Piece) => ('body' in piece ? piece.body.length : piece.bytes);

/** Stretches that become one part. */
type Group = readonly Stretch[];

/** Whether a group is one stretch of an object that S3 can copy by itself. */
function isCopied(group: Group): boolean {
  const [one, another] = group;
  return one !== undefined && another === undefined && 'key' in one.piece && one.to - one.from >= LEAST;
}

/** Where an object is cut so that its first 5 MiB go with small ones before it: only when enough is left of it. */
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

/** How many parts are under way at once, each at most about 10 MiB in memory, and few enough for one save. */
const AT_ONCE = 4;

type Options = { readonly state?: JoinState | undefined; readonly hasTime?: () => boolean };

/** Whether S3 knows an upload no more: it was completed, or is too old. */
const isOver = (error: unknown) => error instanceof Error && error.name === 'NoSuchUpload';

/**
 * Joins objects into one inside S3, in their order, holding none of them whole: large ones are copied there, small
 * neighbours are read and uploaded together. Where the upload of `state` is over, all is joined anew: whoever completed it
 * died before saying so.
 *
 * @param options `state` of a join that ran out of time, over the same pieces; `hasTime` is asked before each few parts
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
    const bodies = await inParallel(only, 8, (stretch) => read(bucket, stretch));
    await bucket.put(target.key, Buffer.concat(bodies), target);
    return { done: true, bytes };
  }
  const upload = options.state
    ? { bucket: bucket.name, key: target.key, id: options.state.uploadId }
    : await begin(bucket.name, target.key, target);
  const parts: UploadedPart[] = [...(options.state?.parts ?? [])];
  while (parts.length < groups.length) {
    if (options.hasTime && !options.hasTime()) return { done: false, state: { uploadId: upload.id, parts } };
    const few = [...groups.entries()].slice(parts.length, parts.length + AT_ONCE);
    const made = await inParallel(few, AT_ONCE, async ([index, group]) => {
      const [one] = group;
      if (isCopied(group) && one && 'key' in one.piece) {
        return copyPart(upload, index + 1, { key: one.piece.key, from: one.from, to: one.to });
      }
      const bodies = await inParallel(group, 8, (stretch) => read(bucket, stretch));
      return uploadPart(upload, index + 1, Buffer.concat(bodies));
    });
    parts.push(...made);
  }
  await complete(upload, parts);
  return { done: true, bytes };
}
