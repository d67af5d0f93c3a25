import * as z from 'zod/mini';
import { key, partition } from '../keys.ts';
import { inPartition, pages, remove, update } from '../table/client.ts';
import { bodyOf, stamped } from '../table/items.ts';
import type { Part } from '../table/transactions.ts';

/** What is left to do about one version of a segment: fill it with all users who belong, or sweep what it left. */
export const SegmentWork = z.strictObject({
  segment: z.string(),
  ruleVersion: z.number(),
  task: z.enum(['fill', 'sweep']),
  /** When a worker last took it up, in milliseconds since 1970, and how often one had to be sent after it. */
  takenUpAt: z.number(),
  attempt: z.number(),
});
export type SegmentWork = z.infer<typeof SegmentWork>;

/** Work that nobody has touched for longer than any step may take stands still, in milliseconds. */
const STANDS_STILL = 20 * 60_000;

/** The write that notes work to be done. */
export function noteOf(segment: string, ruleVersion: number, task: SegmentWork['task'], now: number): Part {
  const work: SegmentWork = { segment, ruleVersion, task, takenUpAt: now, attempt: 0 };
  return { put: { ...stamped('segmentWork', work), ...key.segmentWork(segment, ruleVersion) } };
}

/** The write that strikes work off. */
export const doneOf = (segment: string, ruleVersion: number): Part => ({
  remove: key.segmentWork(segment, ruleVersion),
});

async function* all(segment?: string): AsyncGenerator<SegmentWork> {
  const name = inPartition(partition.segmentWork, segment && `${segment}#`);
  for await (const { items } of pages({ key: name, consistent: true })) {
    for (const item of items) yield SegmentWork.parse(bodyOf(item));
  }
}

/** The versions of a segment that wait to be swept. */
export async function toSweep(segment: string): Promise<readonly number[]> {
  const versions: number[] = [];
  for await (const { task, ruleVersion } of all(segment)) if (task === 'sweep') versions.push(ruleVersion);
  return versions;
}

/** Strikes off that a version was to be swept. */
export async function swept(segment: string, ruleVersion: number): Promise<void> {
  await remove(key.segmentWork(segment, ruleVersion), { expression: 'task = :sweep', values: { ':sweep': 'sweep' } });
}

/** Says that somebody is at it. */
export async function touch(segment: string, ruleVersion: number, now: number): Promise<void> {
  const change = { expression: 'SET takenUpAt = :now', values: { ':now': now } };
  await update(key.segmentWork(segment, ruleVersion), change, { expression: 'attribute_exists(PK)' });
}

/**
 * Takes up the work that stands still, because who did it died, or never started. Each is given to one caller, with the
 * number of times that was needed.
 */
export async function takeUp(now: number): Promise<readonly SegmentWork[]> {
  const taken: SegmentWork[] = [];
  for await (const work of all()) {
    if (work.takenUpAt > now - STANDS_STILL) continue;
    const { segment, ruleVersion, takenUpAt, attempt } = work;
    const mine = await update(
      key.segmentWork(segment, ruleVersion),
      { expression: 'SET takenUpAt = :now, attempt = :attempt', values: { ':now': now, ':attempt': attempt + 1 } },
      { expression: 'takenUpAt = :seen', values: { ':seen': takenUpAt } },
    );
    if (mine) taken.push({ ...work, takenUpAt: now, attempt: attempt + 1 });
  }
  return taken;
}
