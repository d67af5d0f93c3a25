import { follow } from '../../../shared/app/segments/follow.ts';
import { sweep } from '../../../shared/app/segments/sweep-edges.ts';
import { walkPage } from '../../../shared/app/segments/walk.ts';
import * as writes from '../../../shared/app/segments/writes.ts';
import { connected } from '../../../shared/data/table/client.ts';
import { profileItem } from '../../../shared/data/users/profile-item.ts';
import * as users from '../../../shared/data/users/users.ts';
import { entropyOf, ulid } from '../../../shared/domain/id.ts';
import { schemaOf } from '../../../shared/domain/properties/property.ts';
import type { Rule } from '../../../shared/domain/rules/rule.ts';
import type { Definition } from '../../../shared/domain/segments/definition.ts';
import { patched } from '../../../shared/domain/segments/input.ts';
import type { Change } from '../../../shared/domain/users/change.ts';
import { merged, unborn } from '../../../shared/domain/users/merge.ts';
import type { Profile } from '../../../shared/domain/users/user.ts';
import type { Locale } from '../../../shared/domain/values/value.ts';

/** The time at which the tests of segments run. */
export const NOW = Date.UTC(2026, 0, 31, 9, 30);
export const locale: Locale = { timeZone: 'UTC', defaultCountry: null, dateFormat: 'ymd', decimal: 'none' };
export const schema = schemaOf([]);

export const INDIA: Rule = { field: 'country', op: 'is', value: 'IN' };
export const ABROAD: Rule = { field: 'country', op: 'isNot', value: 'IN' };

const at = new Date(NOW).toISOString();
let made = 0;

/** A user who is stored, and whose change was not delivered to the evaluator. */
export async function born(properties: Change['properties']): Promise<Profile> {
  made += 1;
  const id = ulid(NOW + made, entropyOf('born', made));
  const given = { properties: { userId: `user-${made}`, ...properties } };
  const result = merged(unborn({ id, signedUpAt: at, now: at, source: 'api' }), given, { now: at, schema });
  if (result.kind !== 'changed') throw new Error('no user was created');
  await users.create(result.profile, schema, NOW);
  return result.profile;
}

/** The user after a change of properties, stored. */
export async function changedTo(profile: Profile, properties: Change['properties']): Promise<Profile> {
  const result = merged(profile, { properties }, { now: at, schema });
  if (result.kind !== 'changed') throw new Error('nothing was changed');
  await users.replace(profile, result.profile, schema, NOW);
  return result.profile;
}

/** A change as the stream delivers it; null for a user before creation or after deletion. */
export const changeOf = (before: Profile | null, after: Profile | null) => ({
  before: before && profileItem(before),
  after: after && profileItem(after),
  at: NOW,
});

/** Delivers a batch to the evaluator. */
export const deliverChanges = (...changes: ReturnType<typeof changeOf>[]) => follow(changes, locale, NOW);

/** A new segment with a rule, or a list. It is not walked yet. */
export function define(rule: Rule | null): Promise<Definition> {
  made += 1;
  return writes.create(
    { name: 'Test', description: null, columns: null },
    rule,
    NOW + made,
    entropyOf('segment', made),
  );
}

/** The segment after a change of its rule: not walked yet. */
export async function redefine(id: string, rule: Rule): Promise<Definition> {
  const { after } = await writes.change(id, (before) => patched(before, { rule }, at), NOW);
  return after;
}

/** Walks every shard for a version. */
export async function walkShards(segment: string, ruleVersion: number, now = NOW): Promise<void> {
  for (let part = 0; part < connected().shards; part += 1) {
    while (!(await walkPage({ segment, ruleVersion, part }, locale, now)));
  }
}

/** Runs all steps of the workflow of a version. */
export async function fill(segment: string, ruleVersion: number, now = NOW): Promise<void> {
  await walkShards(segment, ruleVersion, now);
  await writes.finishFill(segment, ruleVersion, now);
  while (!(await sweep(segment, ruleVersion, () => true, now)));
}

/** A segment with a rule, which is ready. */
export async function ready(rule: Rule): Promise<Definition> {
  const definition = await define(rule);
  await fill(definition.id, definition.ruleVersion);
  return definition;
}
