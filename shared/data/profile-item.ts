import { Profile } from '../domain/user.ts';
import { bodyOf, isEntity, stamped } from './items.ts';
import { type Key, key } from './keys.ts';
import { type Attributes, connected } from './table.ts';

/** What a profile has when nothing is stored for it: empty lists and nulls take no room in the table. */
const EMPTY = { statusReason: null, aliases: [], tags: [], companies: [], lists: [], lastSeenAt: null, lastRow: null };

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

/** The item that keeps a profile. */
export function profileItem(profile: Profile): Key & Attributes {
  const { PK, SK } = key.user(profile.id, connected().shards);
  const kept: Record<string, unknown> & Key = { PK, SK };
  const given: Attributes = profile;
  for (const name in given) if (name !== 'id' && !isEmpty(given[name])) kept[name] = given[name];
  return stamped('user', kept);
}

/** The profile that an item keeps; null for a tombstone. A stored value that is no profile's is an error. */
export function readProfile(item: Attributes): Profile | null {
  if (!isEntity(item, 'user')) return null;
  return Profile.parse({ ...EMPTY, ...bodyOf(item), id: item.SK });
}
