import * as schemas from '../../data/schema.ts';
import * as edges from '../../data/segments/edges.ts';
import * as segments from '../../data/segments/segments.ts';
import * as walks from '../../data/segments/walks.ts';
import * as profiles from '../../data/users/profiles.ts';
import { FIXED_FIELDS } from '../../domain/properties/property.ts';
import type { Settings } from '../../domain/rules/compile.ts';
import { fieldsOf } from '../../domain/rules/fields.ts';
import { type Definition, isPending } from '../../domain/segments/definition.ts';
import { type Evaluator, evaluatorOf, membershipName } from '../../domain/segments/membership.ts';
import type { Profile } from '../../domain/users/user.ts';
import { writeUntilStable } from './write-until-stable.ts';

/**
 * The most users of one page. It is small enough that a page leaves its position in time also where each call to the
 * table takes seconds.
 */
const PAGE_USERS = 250;

/** One shard of the walk that writes the edges of a version of a segment. */
export type WalkOfShard = { readonly segment: string; readonly ruleVersion: number; readonly part: number };

/** The segment, when this is the version of its rule and that version is not filled yet; else null. */
export async function pendingVersion(segment: string, ruleVersion: number): Promise<Definition | null> {
  const definition = await segments.byId(segment);
  return definition?.rule && isPending(definition, ruleVersion) ? definition : null;
}

async function evaluatorFor(definition: Definition, settings: Settings, now: number): Promise<Evaluator> {
  const fields = definition.rule ? [...fieldsOf(definition.rule)] : [];
  const properties = fields.filter((field) => !Object.hasOwn(FIXED_FIELDS, field));
  const schema = await schemas.knowing(properties, 'user', now);
  return evaluatorOf([definition], schema, settings);
}

/**
 * Makes the edges of one range of a shard equal to what the rule says of its users: puts those that are missing and
 * deletes those that an earlier run left for users who do not match or no longer exist.
 */
async function writePage(
  walk: WalkOfShard,
  after: string | null,
  { profiles: users, unreadable, last }: profiles.ProfilePage,
  evaluator: Evaluator,
  now: number,
): Promise<void> {
  const { segment, ruleVersion, part: shard } = walk;
  const name = membershipName(segment, ruleVersion);
  const present = new Set(await edges.between({ segment, ruleVersion, shard }, after, last));
  const belongs = (profile: Profile | null | undefined) =>
    profile ? evaluator.evaluate(profile, now).includes(name) : false;
  const read = new Map<string, Profile | undefined>(users.map((profile) => [profile.id, profile]));
  // A profile that does not parse is no deleted user: the edge of the user stays as it is.
  const everybody = new Set([...read.keys(), ...present]);
  for (const user of unreadable) everybody.delete(user);
  const wrong = [...everybody].filter((user) => belongs(read.get(user)) !== present.has(user));
  await writeUntilStable(
    new Map(wrong.map((user) => [user, read.get(user)])),
    (profile) => (belongs(profile) ? { entered: [name], left: [] } : { entered: [], left: [name] }),
    now,
    evaluator.livesAs,
  );
}

/**
 * Walks one page of a shard for a version that is being filled, from the stored position, and stores the next one.
 *
 * @returns true when the shard is done, or a newer version replaced this one
 */
export async function walkPage(walk: WalkOfShard, settings: Settings, now: number): Promise<boolean> {
  const { segment, ruleVersion, part } = walk;
  const definition = await pendingVersion(segment, ruleVersion);
  if (!definition) return true;
  const { after, done } = await walks.positionOf(segment, ruleVersion, part);
  if (done) return true;
  const page = await profiles.ofShard(part, after, { consistent: true, limit: PAGE_USERS });
  await writePage(walk, after, page, await evaluatorFor(definition, settings, now), now);
  await walks.save(segment, ruleVersion, part, { after: page.last, done: page.last === null }, now);
  return page.last === null;
}
