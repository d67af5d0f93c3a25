import { randomUUID } from 'node:crypto';
import * as jobs from '../../data/jobs/jobs.ts';
import type { Clock } from '../../domain/clock.ts';
import { PartProgress, UNBEGUN } from '../../domain/exports/plan.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { type PartOfJob, stepTimer } from '../workflows/step-timer.ts';
import { encoderOf } from './encode.ts';
import { readerOf } from './source.ts';
import { planOf } from './work.ts';

/** The size from which a piece is written: S3 joins objects of 5 MiB and more without their being read. */
const PIECE_BYTES = 6 * 1024 * 1024;

/** The lines that are encoded and stand in no object yet. */
type Waiting = { readonly chunks: Uint8Array[]; bytes: number; users: number };

/**
 * Writes one part of an export: users in batches, bytes in pieces of some megabytes, and after each piece its progress.
 *
 * It stops in time to be called again. A part that died is written again behind the last piece that was noted; a piece
 * that was not noted does not count.
 *
 * @returns false when it must be called again
 */
export async function writePart(bucket: Bucket, { job, part }: PartOfJob, clock: Clock): Promise<boolean> {
  const before = await jobs.part(job, part);
  if (before?.finished) return true;
  const plan = await planOf(bucket, job);
  let progress = before ? PartProgress.parse(before.state) : UNBEGUN;
  const encoder = encoderOf(plan);
  const read = readerOf(plan, part);
  const nonce = randomUUID();
  const timer = stepTimer(clock);
  let hasTime = true;
  while (hasTime) {
    const { waiting, after } = await gathered(read, encoder, progress.after, () => {
      hasTime = timer.hasTime();
      return hasTime;
    });
    const pieces = [...progress.pieces];
    if (waiting.bytes > 0) {
      const key = workKeys(job).piece(part, `${String(pieces.length + 1).padStart(5, '0')}-${nonce}`);
      await bucket.put(key, Buffer.concat(waiting.chunks, waiting.bytes));
      pieces.push({ key, bytes: waiting.bytes });
    }
    const users = progress.done + waiting.users;
    progress = { done: users, counts: { users }, after, pieces };
    await jobs.savePart(job, { part, finished: after === null, state: progress }, clock.now());
    if (after === null) return true;
  }
  return false;
}

/** As many batches as fill a piece, or as there is time for: at least one. */
async function gathered(
  read: ReturnType<typeof readerOf>,
  encoder: ReturnType<typeof encoderOf>,
  from: string | null,
  hasTime: () => boolean,
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
  } while (after !== null && hasTime() && waiting.bytes < PIECE_BYTES);
  return { waiting, after };
}
