import * as segments from '../../data/segments/segments.ts';
import * as walks from '../../data/segments/walks.ts';
import { connected } from '../../data/table/client.ts';
import { pause } from '../../data/table/retrying.ts';
import { Problem } from '../../domain/errors.ts';
import { ulid } from '../../domain/id.ts';
import type { Rule } from '../../domain/rules/rule.ts';
import { type Definition, defined, filled, type Named } from '../../domain/segments/definition.ts';
import { recount } from './counts.ts';
import { wanted } from './walk.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/** How often a write that others overtook is tried again. */
const MOST_ATTEMPTS = 20;

/** The problem of a segment that is not there. */
export const noSegment = () => new Problem('notFound', 'There is no such segment.');

/** Makes a segment. The id comes from time and chance: a call that is taken up after it died finds what it made. */
export async function create(named: Named, rule: Rule | null, now: number, chance: Uint8Array): Promise<Definition> {
  const definition = defined(`${segments.SEGMENT_PREFIX}${ulid(now, chance)}`, named, rule, iso(now));
  if (await segments.save(null, definition, now)) return definition;
  return (await segments.byId(definition.id)) ?? create(named, rule, now, chance);
}

/**
 * Writes a segment over the one that is there, again and again until nobody wrote in between.
 *
 * @param make the segment as it shall be; the same object when nothing is another, null when it shall be no more
 * @throws Problem `notFound`, and whatever `make` throws
 */
export async function change<After extends Definition | null>(
  id: string,
  make: (before: Definition) => After,
  now: number,
): Promise<{ readonly before: Definition; readonly after: After }> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
    const before = await segments.byId(id);
    if (!before) throw noSegment();
    const after = make(before);
    if (after === before || (await segments.save(before, after, now))) return { before, after };
    await pause(attempt);
  }
  throw new Problem('unavailable', 'Many write to this segment at once. Try again.', {
    headers: { 'retry-after': '1' },
  });
}

/**
 * Lets a segment name the version that was filled, in one write, when the walk over every shard has come to its end and
 * nobody wants another version meanwhile.
 *
 * @throws Error when a shard was not walked to its end
 */
export async function finishFill(segment: string, ruleVersion: number, now: number): Promise<void> {
  for (;;) {
    const before = await wanted(segment, ruleVersion);
    if (!before) return;
    const done = await walks.partsDone(segment, ruleVersion);
    if (done < connected().shards) throw new Error('a part of the walk did not come to its end');
    const after = filled(before, iso(now));
    if (await segments.save(before, after, now)) {
      await recount(after, now);
      return;
    }
  }
}
