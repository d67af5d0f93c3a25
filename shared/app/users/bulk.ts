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

/** How many profiles are written at once. */
const AT_ONCE = { concurrency: 24 };

/** The profile as it is written: its mark holds the verdicts of all rows of this write. */
function markedAfter({ after, verdicts }: Writing): Profile {
  const { lastRow } = after;
  if (!lastRow || verdicts.length < 2) return after;
  const also = Object.fromEntries(verdicts.filter(([line]) => line !== lastRow.line));
  return { ...after, lastRow: { ...lastRow, also } };
}

/** Items that users need, and of each its user. */
type Needed = { readonly inserts: Insert[]; readonly of: Writing[] };

/** The claims of all users who are to be made, but for those that an earlier run left. */
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

/** Puts items; those whose item met another one there have failed. */
async function insertAll({ inserts, of }: Needed, failed: Set<Writing>): Promise<void> {
  const inserted = await insertMany(inserts);
  of.forEach((writing, n) => {
    if (!inserted[n]) failed.add(writing);
  });
}

/** Makes users: claims their identifiers, then commits those that got all of theirs. One write unit an item. */
async function createAll(born: readonly Writing[], failed: Set<Writing>): Promise<void> {
  await insertAll(claimsFor(born), failed);
  const of = born.filter((writing) => !failed.has(writing));
  await insertAll({ inserts: of.map((writing) => profileInsert(markedAfter(writing))), of }, failed);
}

/** Writes users who changed, each on condition that nobody wrote it since. */
async function replaceAll(changed: readonly Writing[], run: Run, now: number, failed: Set<Writing>): Promise<void> {
  const replaceOne = async (writing: Writing) => {
    if (!writing.before) return;
    const { kind } = await users.replace(writing.before, markedAfter(writing), run.schema, now);
    if (kind !== 'done') failed.add(writing);
  };
  await pMap(changed, replaceOne, AT_ONCE);
}

/** Writes the plan, and answers the writes that another writer got in the way of. */
async function writeAll({ born, writings }: Plan, run: Run, now: number): Promise<ReadonlySet<Writing>> {
  const failed = new Set<Writing>();
  const changed = [...writings.values()].filter(({ before, after }) => before && after !== before);
  await Promise.all([createAll(born, failed), replaceAll(changed, run, now, failed)]);
  return failed;
}

/** Takes back the rows that depend on writes that failed: the first row of each chain is looked at alone, the others wait. */
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
 * Applies rows, and answers their outcomes in their order; null of those that have to be given again, when the others
 * are noted. Never null is the first row of each chain, or any row when no two share an identifier.
 *
 * Many rows are resolved at once, and every user is written once; what another writer got in the way of is resolved
 * again, row by row, in the order of the lines. Doing it again, after a crash at any point, changes nothing and gives the
 * same verdicts.
 *
 * @param chains of rows that share identifiers, directly or through others, the same number; null when no two do
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
