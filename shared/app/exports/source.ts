import * as edges from '../../data/segments/edges.ts';
import * as profiles from '../../data/users/profiles.ts';
import { storedUsers } from '../../data/users/stored-users.ts';
import { type ExportPlan, schemaOfPlan, shardOfPart } from '../../domain/exports/plan.ts';
import { compile } from '../../domain/rules/compile.ts';
import type { Rule } from '../../domain/rules/rule.ts';
import type { Profile } from '../../domain/users/user.ts';

/** Some users of a part in the order of the file. `last`: the id of the last one looked at; null at the end. */
type Batch = { readonly users: readonly Profile[]; readonly last: string | null };

/** Reads the batch behind a user; null for the first. */
export type Reader = (after: string | null) => Promise<Batch>;

const IDS_AT_ONCE = 500;

/** Users by id, in the order of the ids, without those who are gone. */
async function inOrder(ids: readonly string[]): Promise<readonly Profile[]> {
  const { profiles: found } = await profiles.byIds(ids);
  return ids.flatMap((id) => found.get(id) ?? []);
}

function matching(rule: Rule, plan: ExportPlan, shard: number): Reader {
  const matches = compile(rule, schemaOfPlan(plan), plan);
  return async (after) => {
    const { users, last } = await storedUsers(shard, after);
    return { users: users.filter((profile) => matches(profile, plan.at).matches), last };
  };
}

function members(of: { readonly segment: string; readonly ruleVersion: number }, shard: number): Reader {
  return async (after) => {
    const page = await edges.ofShard({ ...of, shard, after, limit: IDS_AT_ONCE });
    return { users: await inOrder(page.users), last: page.last };
  };
}

function listed(ids: readonly string[]): Reader {
  return async (after) => {
    const from = after === null ? 0 : ids.indexOf(after) + 1;
    const batch = ids.slice(from, from + IDS_AT_ONCE);
    return { users: await inOrder(batch), last: from + IDS_AT_ONCE < ids.length ? (batch.at(-1) ?? null) : null };
  };
}

/** Reads the users of one part of a plan. */
export function readerOf(plan: ExportPlan, part: number): Reader {
  const { source } = plan;
  const shard = shardOfPart(part);
  switch (source.kind) {
    case 'all':
      return (after) => storedUsers(shard, after);
    case 'rule':
      return matching(source.rule, plan, shard);
    case 'segment':
      return members(source, shard);
    case 'users':
      return listed(source.ids);
    default:
      return source satisfies never;
  }
}
