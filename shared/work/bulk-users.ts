import { claimInsert, claimOf, holds, type Identifier, takenAmong } from '../data/identifiers.ts';
import { isEntity } from '../data/items.ts';
import { hashOf, type Key, key } from '../data/keys.ts';
import { getMany, type Insert, insertMany } from '../data/many.ts';
import { pause } from '../data/pace.ts';
import { profileInsert, readProfile } from '../data/profile-item.ts';
import { connected } from '../data/table.ts';
import * as users from '../data/users.ts';
import type { Given } from '../domain/identity.ts';
import { type Applied, type Decision, decide, idOf, type Row, type Run } from '../domain/import/decide.ts';
import { inParallel } from '../domain/in-parallel.ts';
import type { Profile } from '../domain/user.ts';

/** How many profiles are written at once. */
const AT_ONCE = 24;

/** How often a row is resolved anew when others write what it needs. */
const MOST_TURNS = 30;

/** An identifier that a row gives: where its claim stands (ours have none), the owner named there, and that owner's profile. */
type Looked = Given & { readonly at: Key | null; readonly ownerId: string | undefined };

type Looking = { -readonly [Name in keyof Looked]: Looked[Name] };

const isOurs = ({ field }: Identifier) => field === 'id';

/** Whom some claims name, by the partitions of the claims. */
async function ownersAt(claims: readonly Key[]): Promise<ReadonlyMap<unknown, string>> {
  const owners = new Map<unknown, string>();
  for (const item of await getMany(claims)) if (isEntity(item, 'identifier')) owners.set(item.PK, String(item.owner));
  return owners;
}

async function profilesOf(ids: ReadonlySet<string>): Promise<ReadonlyMap<string | undefined, Profile>> {
  const { shards } = connected();
  const profiles = new Map<string | undefined, Profile>();
  const keys = [...ids].map((id) => key.user(id, shards));
  for (const item of await getMany(keys, { consistent: true })) {
    const profile = readProfile(item);
    if (profile) profiles.set(profile.id, profile);
  }
  return profiles;
}

function looking({ field, value }: Identifier, secret: string): Looking {
  if (field === 'id') return { field, value, at: null, ownerId: value, owner: null };
  return { field, value, at: key.identifier(field, hashOf(value, secret)), ownerId: undefined, owner: null };
}

/** Looks up all identifiers of some rows: half a read unit for each, and one for each known user. */
async function lookedUp(rows: readonly Row[]): Promise<readonly (readonly Looked[])[]> {
  const { secret } = connected();
  const looked = rows.map(({ given }) => given.map((one) => looking(one, secret)));
  const all = looked.flat();
  const owners = await ownersAt(all.flatMap(({ at }) => at ?? []));
  const ids = new Set<string>();
  for (const one of all) {
    if (one.at) one.ownerId = owners.get(one.at.PK);
    if (one.ownerId !== undefined) ids.add(one.ownerId);
  }
  const profiles = await profilesOf(ids);
  if (profiles.size > 0) for (const one of all) one.owner = profiles.get(one.ownerId) ?? null;
  return looked;
}

/**
 * Whether the owner in a claim is not there, or does not carry the value: then the row is looked at on its own. Not so
 * when it is the user whom an earlier run of this row was about to make: that claim serves.
 */
function isUnsure(one: Looked, own: () => string): boolean {
  if (!one.at || one.ownerId === undefined) return false;
  return one.owner ? !holds(one.owner, one) : one.ownerId !== own();
}

/** A row and what was decided for it. */
type Planned = { readonly index: number; readonly looked: readonly Looked[]; readonly decision: Decision };

/** Decides each row of a batch; null where one look was not enough, or an earlier row changes the same user. */
function decided(
  rows: readonly Row[],
  looked: readonly (readonly Looked[])[],
  run: Run,
  now: string,
): readonly (Decision | null)[] {
  const touched = new Set<string>();
  return rows.map((row, index) => {
    const given = looked[index] ?? [];
    if (given.some((one) => isUnsure(one, () => idOf(row, run, 0)))) return null;
    const decision = decide(row, given, run, now);
    const id = 'id' in decision.applied ? decision.applied.id : null;
    // The id of a user who is to be made is of this row's line alone.
    if (id === null || decision.kind === 'create') return decision;
    if (touched.has(id)) return null;
    touched.add(id);
    return decision;
  });
}

/** The positions of rows that have to be looked at one by one. */
type Again = Set<number>;

/** Items that rows need, and of each the position of its row. */
type Needed = { readonly inserts: Insert[]; readonly indexes: number[] };

/** The claims of all users who are to be made, but for those that an earlier run left. */
function claimsFor(planned: readonly Planned[]): Needed {
  const needed: Needed = { inserts: [], indexes: [] };
  for (const { index, looked, decision } of planned) {
    if (decision.kind !== 'create') continue;
    const { id } = decision.after;
    for (const { at, ownerId } of looked) {
      if (!at || ownerId === id) continue;
      needed.inserts.push(claimInsert(at, id));
      needed.indexes.push(index);
    }
  }
  return needed;
}

/** The profiles of the users who are to be made and got all their identifiers. */
function profilesFor(planned: readonly Planned[], again: Again): Needed {
  const needed: Needed = { inserts: [], indexes: [] };
  for (const { index, decision } of planned) {
    if (decision.kind !== 'create' || again.has(index)) continue;
    needed.inserts.push(profileInsert(decision.after));
    needed.indexes.push(index);
  }
  return needed;
}

/** Puts items; a row whose item met another one there is looked at again. */
async function insertAll({ inserts, indexes }: Needed, again: Again): Promise<void> {
  const inserted = await insertMany(inserts);
  for (const [n, index] of indexes.entries()) if (inserted[n]?.inserted !== true) again.add(index);
}

/** Makes users: claims their identifiers, then commits those that got all of theirs. One write unit an item. */
async function createAll(planned: readonly Planned[], again: Again): Promise<void> {
  await insertAll(claimsFor(planned), again);
  await insertAll(profilesFor(planned, again), again);
}

/** Writes users who changed, each on condition that nobody wrote it since. */
async function replaceAll(planned: readonly Planned[], run: Run, now: number, again: Again): Promise<void> {
  await inParallel(planned, AT_ONCE, async ({ index, decision }) => {
    if (decision.kind !== 'replace') return;
    const written = await users.replace(decision.before, decision.after, run.schema, now);
    if (written.kind !== 'done') again.add(index);
  });
}

/** What one try at a row came to: it is over, or must be resolved anew, with the next id when this one was fenced off. */
type Turn = Applied | 'again' | 'fenced';

async function written(decision: Decision, run: Run, now: number): Promise<Turn> {
  if (decision.kind === 'over') return decision.applied;
  if (decision.kind === 'replace') {
    const { kind } = await users.replace(decision.before, decision.after, run.schema, now);
    return kind === 'done' ? decision.applied : 'again';
  }
  const { kind } = await users.create(decision.after, run.schema, now);
  if (kind === 'done') return decision.applied;
  if (kind === 'taken') return 'again';
  // An earlier run of this row made the user, and somebody has taken its identifiers away from it since.
  return (await users.byId(decision.after.id)) ? decision.applied : 'fenced';
}

/** Applies one row with consistent reads and transactions, as often as it takes: for what the batch could not decide. */
async function applyOne(row: Row, run: Run, now: number): Promise<Applied> {
  let attempt = 0;
  for (let turn = 1; turn <= MOST_TURNS; turn += 1) {
    const given = await Promise.all(
      row.given.map(async (one) => ({
        ...one,
        owner: await (isOurs(one) ? users.byId(one.value) : users.byIdentifier(one)),
      })),
    );
    const decision = decide(row, given, run, new Date(now).toISOString(), attempt);
    const outcome = await written(decision, run, now);
    if (typeof outcome !== 'string') return outcome;
    if (outcome === 'fenced') attempt += 1;
    else await pause(turn);
  }
  throw new Error('a row clashed with others too often');
}

/** Frees what a row claimed for a user who was not made after all. */
async function release(row: Row, applied: Applied, run: Run, now: number): Promise<void> {
  if (applied.verdict === 'IMPORTED') return;
  const id = idOf(row, run, 0);
  const claims = row.given.filter((one) => !isOurs(one));
  const items = await getMany(
    claims.map((one) => claimOf(one, id).put),
    { consistent: true },
  );
  const own = new Set(items.filter((item) => item.owner === id).map((item) => item.PK));
  await takenAmong(
    claims.filter((one) => own.has(claimOf(one, id).put.PK)),
    now,
  );
}

/**
 * Applies rows of which no two give the same identifier, and says what became of each, in their order.
 *
 * Many rows are resolved and written at once; what another writer got in the way of is resolved again, row by row, in
 * the order of the lines. Doing it again, after a crash at any point, changes nothing and gives the same verdicts.
 *
 * @param now milliseconds since 1970
 */
export async function apply(rows: readonly Row[], run: Run, now: number): Promise<readonly Applied[]> {
  const looked = await lookedUp(rows);
  const decisions = decided(rows, looked, run, new Date(now).toISOString());
  const again: Again = new Set(rows.flatMap((_, index) => (decisions[index] === null ? [index] : [])));
  const planned = looked.flatMap((one, index): Planned[] => {
    const decision = decisions[index];
    return decision ? [{ index, looked: one, decision }] : [];
  });
  await Promise.all([createAll(planned, again), replaceAll(planned, run, now, again)]);
  const applied = decisions.map((decision) => decision?.applied);
  for (const index of [...again].sort((a, b) => a - b)) {
    const row = rows[index];
    if (!row) continue;
    const outcome = await applyOne(row, run, now);
    applied[index] = outcome;
    if (decisions[index]?.kind === 'create') await release(row, outcome, run, now);
  }
  return applied.flatMap((one) => one ?? []);
}
