import { randomUUID } from 'node:crypto';
import * as jobs from '../../data/jobs/jobs.ts';
import type { Clock } from '../../domain/clock.ts';
import { type ExportPlan, PartProgress, UNBEGUN } from '../../domain/exports/plan.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { encoderOf } from './encode.ts';
import { readerOf } from './source.ts';
import { workKey } from './work.ts';

/** When a piece is large enough: S3 joins objects of 5 MiB and more without anybody reading them. */
const PIECE_BYTES = 6 * 1024 * 1024;

/** A part stops with this much of Lambda's fifteen minutes left, in milliseconds. */
const MARGIN = 300_000;

/** What has been encoded and stands in no object yet. */
type Waiting = { readonly chunks: Uint8Array[]; bytes: number; users: number };

/**
 * Writes one part of an export: users in batches, bytes in pieces of some megabytes, and after each piece how far it has
 * come. Whoever takes the part up again goes on behind the last piece that was noted; what was not noted does not count.
 *
 * @returns whether the part is done; false when its time was over
 */
export async function writePart(
  bucket: Bucket,
  plan: ExportPlan,
  { job, part }: { readonly job: string; readonly part: number },
  clock: Clock,
): Promise<boolean> {
  const saved = await jobs.part(job, part);
  if (saved?.finished) return true;
  let progress = saved ? PartProgress.parse(saved.state) : UNBEGUN;
  const encoder = encoderOf(plan);
  const read = readerOf(plan, part);
  const nonce = randomUUID();
  const isOver = () => clock.timeLeft() < MARGIN;
  for (;;) {
    const { waiting, after } = await gathered(read, encoder, progress.after, isOver);
    const pieces = [...progress.pieces];
    if (waiting.bytes > 0) {
      const key = workKey.piece(job, part, pieces.length + 1, nonce);
      await bucket.put(key, Buffer.concat(waiting.chunks, waiting.bytes));
      pieces.push({ key, bytes: waiting.bytes });
    }
    const users = progress.done + waiting.users;
    progress = { done: users, counts: { users }, after, pieces };
    await jobs.savePart(job, { part, finished: after === null, state: progress }, clock.now());
    if (after === null) return true;
    if (isOver()) return false;
  }
}

/** As many batches as fill a piece, or as there is time for: at least one. */
async function gathered(
  read: ReturnType<typeof readerOf>,
  encoder: ReturnType<typeof encoderOf>,
  from: string | null,
  isOver: () => boolean,
): Promise<{ readonly waiting: Waiting; readonly after: string | null }> {
  const waiting: Waiting = { chunks: [], bytes: 0, users: 0 };
  let after = from;
  do {
    const { users, last } = await read(after);
    const lines = encoder.lines(users);
    waiting.chunks.push(lines);
    waiting.bytes += lines.length;
    waiting.users += users.length;
    after = last;
  } while (after !== null && waiting.bytes < PIECE_BYTES && !isOver());
  return { waiting, after };
}
