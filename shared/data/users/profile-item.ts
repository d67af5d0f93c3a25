import { Profile } from '../../domain/users/user.ts';
import { type Key, key } from '../keys.ts';
import { type Insert, inserter } from '../table/batches.ts';
import { type Attributes, connected } from '../table/client.ts';
import { bodyOf, isEntity, stamped } from '../table/items.ts';

/** The values of attributes that are not stored: empty lists and nulls take no room in the table. */
const EMPTY = { statusReason: null, aliases: [], tags: [], companies: [], lists: [], lastSeenAt: null, lastRow: null };

/** The attributes of an item that belong to the profile; the others are its keys, entity and format. */
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

/** The item of a profile. */
export function profileItem(profile: Profile): Key & Attributes {
  const { PK, SK } = key.user(profile.id, connected().shards);
  const kept: Record<string, unknown> & Key = { PK, SK };
  for (const name of NAMES) if (!isEmpty(profile[name])) kept[name] = profile[name];
  return stamped('user', kept);
}

const MARKS = Object.entries(stamped('user', {}));
const MARK_NAMES = MARKS.map(([name]) => name);
const MARK_VALUES = MARKS.map(([, value]) => value);

/** The inserters of profiles, by the attributes that these have, as bits in the order of `NAMES`. */
const inserters = new Map<number, ReturnType<typeof inserter>>();

function inserterOf(has: number): ReturnType<typeof inserter> {
  const known = inserters.get(has);
  if (known) return known;
  const own = NAMES.filter((_, at) => has & (1 << at));
  const made = inserter(['PK', 'SK', ...own, ...MARK_NAMES]);
  inserters.set(has, made);
  return made;
}

/** The insert of the item of a profile: of the same item as `profileItem`, and faster. */
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

/** The profile in an item; null for a tombstone. @throws Error for a stored value that a profile cannot have */
export function readProfile(item: Attributes): Profile | null {
  if (!isEntity(item, 'user')) return null;
  return Profile.parse({ ...EMPTY, ...bodyOf(item), id: item.SK });
}
