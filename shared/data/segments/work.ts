import * as z from 'zod/mini';
import { key, partition } from '../keys.ts';
import { bodyOf, stamped } from '../table/items.ts';
import { put, remove, update } from '../table/operations.ts';
import { inPartition, pages } from '../table/query.ts';
import { readable } from '../table/readable.ts';
import { type Part, putPart, removePart } from '../table/transactions.ts';

/** Noted work on one version of a segment: write the edges of all users who match, or delete its edges. */
export const SegmentWork = z.strictObject({
  segment: z.string(),
  ruleVersion: z.number(),
  task: z.enum(['fill', 'sweep']),
  /** The time when it was noted or last taken up, in milliseconds since 1970, and how often it was taken up. */
  takenUpAt: z.number(),
  attempt: z.number(),
});
export type SegmentWork = z.infer<typeof SegmentWork>;

/** The time in milliseconds for which noted work is left to the run that was started for it. It doubles each time. */
const FIRST_WAIT = 2 * 60_000;
const LONGEST_WAIT = 60 * 60_000;

/** The write that notes work to be done. */
export function noteOf(segment: string, ruleVersion: number, task: SegmentWork['task'], now: number): Part {
  return putPart(workItem(segment, ruleVersion, task, now));
}

function workItem(segment: string, ruleVersion: number, task: SegmentWork['task'], now: number) {
  const work: SegmentWork = { segment, ruleVersion, task, takenUpAt: now, attempt: 0 };
  return { ...stamped('segmentWork', work), ...key.segmentWork(segment, ruleVersion) };
}

/** Notes that the edges of a version have to be deleted. */
export async function noteSweep(segment: string, ruleVersion: number, now: number): Promise<void> {
  await put(workItem(segment, ruleVersion, 'sweep', now));
}

/** The write that deletes noted work. */
export const doneOf = (segment: string, ruleVersion: number): Part => removePart(key.segmentWork(segment, ruleVersion));

async function* all(segment?: string): AsyncGenerator<SegmentWork> {
  const name = inPartition(partition.segmentWork, segment && `${segment}#`);
  for await (const { items } of pages({ key: name, consistent: true })) {
    yield* readable(items, (item) => SegmentWork.parse(bodyOf(item)));
  }
}

/** The versions of a segment with a noted `sweep`. */
export async function toSweep(segment: string): Promise<readonly number[]> {
  const versions: number[] = [];
  for await (const { task, ruleVersion } of all(segment)) if (task === 'sweep') versions.push(ruleVersion);
  return versions;
}

/** Deletes the noted `sweep` of a version. */
export async function swept(segment: string, ruleVersion: number): Promise<void> {
  await remove(key.segmentWork(segment, ruleVersion), { expression: 'task = :sweep', values: { ':sweep': 'sweep' } });
}

/** True when work was noted, or taken up, so long ago that a run for it would be there. */
function isDue({ takenUpAt, attempt }: SegmentWork, now: number): boolean {
  return takenUpAt <= now - Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
}

/**
 * Takes up the work that no run does, because the run failed or was never started. Each piece of work is given to one
 * caller, and again only after a wait that doubles each time, up to an hour.
 */
export async function takeUp(now: number, isRunning: (work: SegmentWork) => boolean): Promise<readonly SegmentWork[]> {
  const taken: SegmentWork[] = [];
  for await (const work of all()) {
    if (!isDue(work, now) || isRunning(work)) continue;
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
