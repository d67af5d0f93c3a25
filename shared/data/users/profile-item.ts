import { Profile } from '../../domain/users/user.ts';
import { type Key, key } from '../keys.ts';
import { type Insert, inserter } from '../table/batches.ts';
import { type Attributes, connected } from '../table/client.ts';
import { bodyOf, isEntity, stamped } from '../table/items.ts';

/** What a profile has when nothing is stored for it: empty lists and nulls take no room in the table. */
const EMPTY = { statusReason: null, aliases: [], tags: [], companies: [], lists: [], lastSeenAt: null, lastRow: null };

/** What an item holds of a profile, beside the keys and marks that make it a user's. */
const NAMES = [
  'status',
  'statusReason',
  'properties',
  'aliases',
  'tags',
  'companies',
  'signedUpAt',
  'createdAt',
  'updatedAt',
  'lastSeenAt',
  'source',
  'version',
  'revision',
  'lists',
  'lastRow',
] as const satisfies readonly Exclude<keyof Profile, 'id'>[];

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** The item that keeps a profile. */
export function profileItem(profile: Profile): Key & Attributes {
  const { PK, SK } = key.user(profile.id, connected().shards);
  const kept: Record<string, unknown> & Key = { PK, SK };
  for (const name of NAMES) if (!isEmpty(profile[name])) kept[name] = profile[name];
  return stamped('user', kept);
}

const MARKS = Object.entries(stamped('user', {}));
const MARK_NAMES = MARKS.map(([name]) => name);
const MARK_VALUES = MARKS.map(([, value]) => value);

/** What makes the inserts of profiles that have the same attributes: by these, as bits in the order of `NAMES`. */
const inserters = new Map<number, ReturnType<typeof inserter>>();

function inserterOf(has: number): ReturnType<typeof inserter> {
  const known = inserters.get(has);
  if (known) return known;
  const own = NAMES.filter((_, at) => has & (1 << at));
  const made = inserter(['PK', 'SK', ...own, ...MARK_NAMES]);
  inserters.set(has, made);
  return made;
}

/** The insert of the item that keeps a profile. It comes to what `profileItem` does, without the steps between. */
export function profileInsert(profile: Profile): Insert {
  const { PK, SK } = key.user(profile.id, connected().shards);
  const values: unknown[] = [PK, SK];
  let has = 0;
  let bit = 1;
  for (const name of NAMES) {
    const value = profile[name];
    if (!isEmpty(value)) {
      has |= bit;
      values.push(value);
    }
    bit <<= 1;
  }
  for (const mark of MARK_VALUES) values.push(mark);
  return inserterOf(has)(values);
}

/** The profile that an item keeps; null for a tombstone. A stored value that is no profile's is an error. */
export function readProfile(item: Attributes): Profile | null {
  if (!isEntity(item, 'user')) return null;
  return Profile.parse({ ...EMPTY, ...bodyOf(item), id: item.SK });
}
