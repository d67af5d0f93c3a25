import pMap from 'p-map';
import { type Insert, insertMany } from '../../data/table/batches.ts';
import { claimInsert } from '../../data/users/identifiers.ts';
import { profileInsert } from '../../data/users/profile-item.ts';
import * as users from '../../data/users/users.ts';
import type { Applied, Row, Run } from '../../domain/imports/decide.ts';
import type { Profile } from '../../domain/users/user.ts';
import { claimsOf, lookUp } from './bulk-look.ts';
import { applyOne, release } from './bulk-one.ts';
import { type Plan, planned, type Writing } from './bulk-plan.ts';

/** The number of profiles that are written at once. */
const AT_ONCE = { concurrency: 24 };

/** The profile as it is written: `lastRow` has the verdicts of all rows that become final with this write. */
function markedAfter({ after, verdicts }: Writing): Profile {
  const { lastRow } = after;
  if (!lastRow || verdicts.length < 2) return after;
  const also = Object.fromEntries(verdicts.filter(([line]) => line !== lastRow.line));
  return { ...after, lastRow: { ...lastRow, also } };
}

/** Items to insert, and the user of each, in the same order. */
type Needed = { readonly inserts: Insert[]; readonly of: Writing[] };

/** The claims of all new users, without those that an earlier run has written. */
function claimsFor(born: readonly Writing[]): Needed {
  const needed: Needed = { inserts: [], of: [] };
  for (const writing of born) {
    const { id } = writing.after;
    for (const { at, ownerId } of writing.claims) {
      if (!at || ownerId === id) continue;
      needed.inserts.push(claimInsert(at, id));
      needed.of.push(writing);
    }
  }
  return needed;
}

/** Inserts items. A user one of whose keys exists already has failed. */
async function insertAll({ inserts, of }: Needed, failed: Set<Writing>): Promise<void> {
  const inserted = await insertMany(inserts);
  of.forEach((writing, n) => {
    if (!inserted[n]) failed.add(writing);
  });
}

/** Creates users: claims the identifiers, then inserts the profiles whose claims all succeeded. One write unit an item. */
async function createAll(born: readonly Writing[], failed: Set<Writing>): Promise<void> {
  await insertAll(claimsFor(born), failed);
  const of = born.filter((writing) => !failed.has(writing));
  await insertAll({ inserts: of.map((writing) => profileInsert(markedAfter(writing))), of }, failed);
}

/** Writes users who changed, each on condition that it was not written since it was read. */
async function replaceAll(changed: readonly Writing[], run: Run, now: number, failed: Set<Writing>): Promise<void> {
  const replaceOne = async (writing: Writing) => {
    if (!writing.before) return;
    const { kind } = await users.replace(writing.before, markedAfter(writing), run.schema, now);
    if (kind !== 'done') failed.add(writing);
  };
  await pMap(changed, replaceOne, AT_ONCE);
}

/** Carries out the planned writes, and returns those that failed because another call had written first. */
async function writeAll({ born, writings }: Plan, run: Run, now: number): Promise<ReadonlySet<Writing>> {
  const failed = new Set<Writing>();
  const changed = [...writings.values()].filter(({ before, after }) => before && after !== before);
  await Promise.all([createAll(born, failed), replaceAll(changed, run, now, failed)]);
  return failed;
}

/** Resets the rows of writes that failed: the first row of each chain is applied alone, the others wait. */
function takeBack(plan: Plan, failed: ReadonlySet<Writing>, chains: readonly number[] | null): ReadonlySet<number> {
  const unmade = new Set<number>();
  const isFirst = (index: number) => !chains || chains.indexOf(chains[index] ?? -1) === index;
  for (const { before, rows } of failed) {
    for (const index of rows) {
      plan.applied[index] = null;
      if (isFirst(index)) plan.alone.add(index);
    }
    if (!before && rows[0] !== undefined) unmade.add(rows[0]);
  }
  return unmade;
}

/**
 * Applies rows, and returns the result of each, in their order. Null stands for a row that the caller has to pass again
 * after it has saved the other results; the first row of each chain is never null.
 *
 * The identifiers of all rows are looked up in batches, and every user is written once. Rows whose write met a conflict
 * are applied again one by one, in the order of the lines. A repeated call, after a crash at any point, changes nothing
 * and returns the same verdicts.
 *
 * @param chains the same number for rows that share identifiers, directly or through others; null when no two do
 * @param now milliseconds since 1970
 */
export async function apply(
  rows: readonly Row[],
  run: Run,
  now: number,
  chains: readonly number[] | null = null,
): Promise<readonly (Applied | null)[]> {
  const claims = claimsOf(rows);
  const known = await lookUp(claims);
  const plan = planned({ rows, claims, known, chains, run, now: new Date(now).toISOString() });
  const unmade = takeBack(plan, await writeAll(plan, run, now), chains);
  for (const index of [...plan.alone].sort((a, b) => a - b)) {
    const row = rows[index];
    if (!row) continue;
    const outcome = await applyOne(row, run, now);
    plan.applied[index] = outcome;
    if (unmade.has(index)) await release(row, outcome, run, now);
  }
  return plan.applied;
}
