import * as edges from '../../data/segments/edges.ts';
import { write } from '../../data/segments/memberships.ts';
import * as segments from '../../data/segments/segments.ts';
import * as work from '../../data/segments/work.ts';
import { connected } from '../../data/table/client.ts';
import { versionsOf } from '../../domain/segments/definition.ts';
import { membershipName } from '../../domain/segments/membership.ts';

/** The most edges of one page, few enough that a page ends in time also where each call to the table takes seconds. */
const PAGE_EDGES = 250;

/** The versions of a segment whose edges nothing reads: those with a noted `sweep`, and the version of the calling walk. */
async function unreadVersions(segment: string, walked: number): Promise<readonly number[]> {
  const inUse = versionsOf(await segments.byId(segment));
  const noted = await work.toSweep(segment);
  return [...new Set([...noted, walked])].filter((version) => !inUse.includes(version));
}

/** Deletes a page of the edges in one shard; false when the shard had none. */
async function sweepPage(segment: string, ruleVersion: number, shard: number, now: number): Promise<boolean> {
  const { users } = await edges.ofShard({ segment, ruleVersion, shard, limit: PAGE_EDGES, consistent: true });
  const left = [membershipName(segment, ruleVersion)];
  // Revision 0 would delete all memberships of the user; any other deletes only those in `left`.
  await write(users.map((user) => ({ user, revision: 1, at: now, entered: [], left })));
  return users.length > 0;
}

/**
 * Deletes the edges of a segment's versions that nothing reads any more, page by page, for as long as there is time.
 *
 * @param walked the version of the calling walk: when a newer version replaced it, its edges may be noted nowhere
 * @param hasTime asked before each page
 * @returns whether nothing is left
 */
export async function sweep(segment: string, walked: number, hasTime: () => boolean, now: number): Promise<boolean> {
  for (const version of await unreadVersions(segment, walked)) {
    for (let shard = 0; shard < connected().shards; ) {
      if (!hasTime()) return false;
      if (!(await sweepPage(segment, version, shard, now))) shard += 1;
    }
    await work.swept(segment, version);
  }
  return true;
}
