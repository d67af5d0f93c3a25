import * as z from 'zod/mini';
import * as jobs from '../../data/jobs/jobs.ts';
import { shardOf } from '../../data/keys.ts';
import * as schemas from '../../data/schema.ts';
import * as segments from '../../data/segments/segments.ts';
import { connected } from '../../data/table/client.ts';
import { customOf, ExportOptions, type ExportPlan, type ExportSource, partsOf } from '../../domain/exports/plan.ts';
import type { StoredJob } from '../../domain/jobs/job.ts';
import { workKeys } from '../../domain/jobs/work-keys.ts';
import { Rule } from '../../domain/rules/rule.ts';
import type { Bucket } from '../../storage/bucket.ts';
import { writeJson } from '../../storage/json.ts';
import { NAMED_USERS } from './job.ts';
import { TargetGone } from './work.ts';

const Named = z.object({ ids: z.array(z.string()) });

/** The users of a list in the order of the file: by shard, then by id. */
async function namedUsers(job: string): Promise<readonly string[]> {
  const { ids } = Named.parse((await jobs.part(job, NAMED_USERS))?.state);
  const { shards } = connected();
  const placed = ids.map((id) => ({ id, shard: shardOf(id, shards) }));
  return placed.sort((a, b) => a.shard - b.shard || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
}

async function membersOf(id: string): Promise<ExportSource> {
  const segment = await segments.byId(id);
  if (!segment) throw new TargetGone();
  const { kind, rule, live } = segment;
  if (kind === 'all') return { kind };
  // The members of a new segment are not written down yet: its rule says who they are.
  return live === 0 && rule ? { kind: 'rule', rule } : { kind: 'segment', segment: id, ruleVersion: live };
}

async function sourceOf({ id, input }: StoredJob): Promise<ExportSource> {
  if (!('target' in input)) throw new Error('the job is no export');
  const { target } = input;
  if ('segment' in target) return membersOf(target.segment);
  if ('where' in target) return { kind: 'rule', rule: Rule.parse(target.where) };
  return 'users' in target ? { kind: 'users', ids: await namedUsers(id) } : { kind: 'all' };
}

/**
 * Makes the plan of an export: it fixes whom the file holds and how it is written, and lists the parts that write it.
 *
 * @throws TargetGone
 */
export async function planExport(
  bucket: Bucket,
  job: StoredJob,
  { now, timeZone }: { readonly now: number; readonly timeZone: string },
): Promise<ExportPlan> {
  const keys = workKeys(job.id);
  const plan: ExportPlan = {
    at: now,
    timeZone,
    shards: connected().shards,
    options: ExportOptions.parse(job.input.options),
    custom: customOf(await schemas.fresh('user', now)),
    source: await sourceOf(job),
  };
  await writeJson(
    bucket,
    keys.manifest,
    partsOf(plan).map((part) => ({ job: job.id, part })),
  );
  await writeJson(bucket, keys.plan, plan);
  return plan;
}
