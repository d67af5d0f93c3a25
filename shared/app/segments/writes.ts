import * as segments from '../../data/segments/segments.ts';
import * as walks from '../../data/segments/walks.ts';
import { connected } from '../../data/table/client.ts';
import { AGAIN, retrying } from '../../data/table/retrying.ts';
import { Problem } from '../../domain/errors.ts';
import { ulid } from '../../domain/id.ts';
import type { Rule } from '../../domain/rules/rule.ts';
import { type Definition, isPending, type Named, newDefinition, withLive } from '../../domain/segments/definition.ts';
import { recount } from './counts.ts';
import { pendingVersion } from './walk.ts';

const iso = (ms: number) => new Date(ms).toISOString();

/** The 404 for a segment that does not exist. */
export const noSegment = () => new Problem('notFound', 'There is no such segment.');

/** Creates a segment. The id is made of `now` and `entropy`, so a call that is repeated after a crash finds its segment. */
export async function create(named: Named, rule: Rule | null, now: number, entropy: Uint8Array): Promise<Definition> {
  const definition = newDefinition(`${segments.SEGMENT_PREFIX}${ulid(now, entropy)}`, named, rule, iso(now));
  return retrying('a new segment', async () => {
    if (await segments.save(null, definition, now)) return definition;
    return (await segments.byId(definition.id)) ?? AGAIN;
  });
}

/**
 * Changes a segment, with retries when another write comes in between.
 *
 * @param make gives the segment as it shall be: the same object when nothing changes, null to delete it
 * @throws Problem `notFound`, Busy, and whatever `make` throws
 */
export async function change<After extends Definition | null>(
  id: string,
  make: (before: Definition) => After,
  now: number,
): Promise<{ readonly before: Definition; readonly after: After }> {
  return retrying('a change of a segment', async () => {
    const before = await segments.byId(id);
    if (!before) throw noSegment();
    const after = make(before);
    return after === before || (await segments.save(before, after, now)) ? { before, after } : AGAIN;
  });
}

/** Changes a segment like `change`. Null: the segment was deleted. */
export async function changeIfExists(
  id: string,
  make: (before: Definition) => Definition,
  now: number,
): Promise<{ readonly before: Definition; readonly after: Definition } | null> {
  return change(id, make, now).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'notFound') return null;
    throw error;
  });
}

/** A part of a walk failed. A repetition of the same step changes nothing: the parts have to run again. */
class UnfinishedWalk extends Error {
  override readonly name = 'UnfinishedWalk';
}

/**
 * Makes the version that a walk filled the live one, in one write, unless a newer version replaced it meanwhile.
 *
 * @throws UnfinishedWalk when a shard was not walked to its end
 */
export async function finishFill(segment: string, ruleVersion: number, now: number): Promise<void> {
  if (!(await pendingVersion(segment, ruleVersion))) return;
  const done = await walks.partsDone(segment, ruleVersion);
  if (done < connected().shards) throw new UnfinishedWalk('a shard was not walked to its end');
  const filled = (one: Definition) => (isPending(one, ruleVersion) ? withLive(one, iso(now)) : one);
  const changed = await changeIfExists(segment, filled, now);
  if (changed && changed.after !== changed.before) await recount(changed.after, now);
}
