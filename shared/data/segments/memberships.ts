import pMap from 'p-map';
import { type Flips, readMembership } from '../../domain/segments/membership.ts';
import { type Key, key } from '../keys.ts';
import { getMany, insertMany, insertOf, writeMany } from '../table/batches.ts';
import { type Attributes, connected } from '../table/client.ts';
import { bodyOf, stamped } from '../table/items.ts';
import { get, update } from '../table/operations.ts';

/** The changes of one user's memberships. */
export type UserFlips = Flips & {
  readonly user: string;
  /** The revision of the profile from which the flips follow; 0 for a deleted user. */
  readonly revision: number;
  /** The time of the change, in milliseconds since 1970. */
  readonly at: number;
  /** The user is new, so probably has no item of memberships yet. */
  readonly born?: boolean;
};

/** The memberships of a user by name, with the time since when, in milliseconds since 1970. */
export type Memberships = Readonly<Record<string, number>>;

/** The most memberships of one expression: DynamoDB limits the length of an expression. */
const MOST_NAMES = 100;
const AT_ONCE = { concurrency: 32 };

function inChunks<T>(list: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / MOST_NAMES) }, (_, n) =>
    list.slice(n * MOST_NAMES, (n + 1) * MOST_NAMES),
  );
}

function membershipsIn(item: Attributes): Memberships {
  const entries = Object.entries(bodyOf(item));
  return Object.fromEntries(
    entries.flatMap(([name, since]): [string, number][] => (typeof since === 'number' ? [[name, since]] : [])),
  );
}

/** All memberships for which a user may have an edge, also those of versions that no longer exist. */
export async function ofUser(user: string): Promise<Memberships> {
  const item = await get(key.memberships(user));
  return item ? membershipsIn(item) : {};
}

/** The memberships of some users, by user. Consistent. */
async function ofUsers(users: readonly string[]): Promise<ReadonlyMap<string, Memberships>> {
  const items = await getMany(users.map(key.memberships), { consistent: true });
  return new Map(items.map((item) => [String(item.PK).slice(key.memberships('').PK.length), membershipsIn(item)]));
}

type Since = (flips: UserFlips, name: string) => number;

async function addTo(flips: UserFlips, names: readonly string[], since: Since): Promise<void> {
  const sets = names.map((_, n) => `#n${n} = if_not_exists(#n${n}, :v${n})`);
  await update(key.memberships(flips.user), {
    expression: `SET #entity = :entity, #format = :format, ${sets.join(', ')}`,
    names: { '#entity': 'entity', '#format': 'format', ...Object.fromEntries(names.map((one, n) => [`#n${n}`, one])) },
    values: {
      ...Object.fromEntries(Object.entries(stamped('memberships', {})).map(([name, value]) => [`:${name}`, value])),
      ...Object.fromEntries(names.map((one, n) => [`:v${n}`, since(flips, one)])),
    },
  });
}

/** Puts the items of new users in batches, and returns the users who have an item already. */
async function addToNew(born: readonly UserFlips[], since: Since): Promise<readonly UserFlips[]> {
  const items = born.map((flips) => ({
    ...stamped('memberships', Object.fromEntries(flips.entered.map((name) => [name, since(flips, name)]))),
    ...key.memberships(flips.user),
  }));
  const outcomes = await insertMany(items.map(insertOf));
  return born.filter((_, index) => outcomes[index] === false);
}

/** Records the memberships that begin: the erasure of a user finds every edge by them. */
async function recordEntered(all: readonly UserFlips[], since: Since): Promise<void> {
  const entering = all.filter(({ entered }) => entered.length > 0);
  // A statement that puts an item spells out its names, and may have 8,192 characters: more names go one call at a time.
  const isPut = ({ born, entered }: UserFlips) => born === true && entered.length <= MOST_NAMES;
  const known = await addToNew(entering.filter(isPut), since);
  const updates = [...known, ...entering.filter((one) => !isPut(one))].flatMap((flips) =>
    inChunks(flips.entered).map((names) => ({ flips, names })),
  );
  await pMap(updates, ({ flips, names }) => addTo(flips, names, since), AT_ONCE);
}

async function removeFrom({ user }: UserFlips, names: readonly string[]): Promise<void> {
  const change = {
    expression: `REMOVE ${names.map((_, n) => `#n${n}`).join(', ')}`,
    names: Object.fromEntries(names.map((one, n) => [`#n${n}`, one])),
  };
  await update(key.memberships(user), change, { expression: 'attribute_exists(PK)' });
}

/** Removes the memberships that ended, and the whole item of each deleted user who has one. */
async function recordLeft(all: readonly UserFlips[], recorded: ReadonlyMap<string, Memberships>): Promise<void> {
  const deleted = all.filter(({ user, revision, left }) => revision === 0 && (recorded.has(user) || left.length > 0));
  const leaving = all
    .filter(({ revision, left }) => revision > 0 && left.length > 0)
    .flatMap((flips) => inChunks(flips.left).map((names) => ({ flips, names })));
  const items = deleted.map(({ user }) => key.memberships(user));
  await Promise.all([writeMany([], items), pMap(leaving, ({ flips, names }) => removeFrom(flips, names), AT_ONCE)]);
}

function edgeKey(name: string, user: string): Key {
  const { segment, version } = readMembership(name);
  return key.edge(segment, version, user, connected().shards);
}

async function writeEdges(all: readonly UserFlips[]): Promise<void> {
  const puts = all.flatMap(({ user, revision, entered }) =>
    entered.map((name) => ({ ...stamped('edge', { revision }), ...edgeKey(name, user) })),
  );
  const deletes = all.flatMap(({ user, left }) => left.map((name) => edgeKey(name, user)));
  await writeMany(puts, deletes);
}

/** The flips of a deleted user: every membership ends, those that are known to end and those that are recorded. */
function erased(flips: UserFlips, recorded: Memberships = {}): UserFlips {
  return { ...flips, entered: [], left: [...new Set([...flips.left, ...Object.keys(recorded)])] };
}

/**
 * Writes flips: it records the memberships that begin, writes the edges, and removes the memberships that ended, in this
 * order, so that every edge is recorded. Repeating it changes nothing. No user may stand in it twice, and no name in both
 * lists of a user. Of a deleted user nothing is left.
 *
 * @param livesAs the live version's membership whose time a membership takes over, when a rule changed and the user stays
 */
export async function write(
  flips: readonly UserFlips[],
  livesAs: (name: string) => string | undefined = () => undefined,
): Promise<void> {
  const isLookedUp = ({ revision, entered, born }: UserFlips) =>
    revision === 0 || (!born && entered.some((name) => livesAs(name)));
  const recorded = await ofUsers(flips.filter(isLookedUp).map(({ user }) => user));
  const since: Since = ({ user, at }, name) => recorded.get(user)?.[livesAs(name) ?? ''] ?? at;
  const all = flips.map((one) => (one.revision === 0 ? erased(one, recorded.get(one.user)) : one));
  await recordEntered(all, since);
  await writeEdges(all);
  await recordLeft(all, recorded);
}
