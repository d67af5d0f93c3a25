import { afterFailure } from '../../../shared/app/segments/failed-walk.ts';
import { follow } from '../../../shared/app/segments/follow.ts';
import * as members from '../../../shared/app/segments/members.ts';
import { repair } from '../../../shared/app/segments/repair.ts';
import { sweep } from '../../../shared/app/segments/sweep-edges.ts';
import { pendingVersion, walkPage } from '../../../shared/app/segments/walk.ts';
import * as writes from '../../../shared/app/segments/writes.ts';
import * as segments from '../../../shared/data/segments/segments.ts';
import { takeUp } from '../../../shared/data/segments/work.ts';
import { type Attributes, connect } from '../../../shared/data/table/client.ts';
import { readProfile } from '../../../shared/data/users/profile-item.ts';
import * as users from '../../../shared/data/users/users.ts';
import { Problem } from '../../../shared/domain/errors.ts';
import { entropyOf, ulid } from '../../../shared/domain/id.ts';
import { schemaOf } from '../../../shared/domain/properties/property.ts';
import type { Rule } from '../../../shared/domain/rules/rule.ts';
import { patched } from '../../../shared/domain/segments/input.ts';
import { merged, unborn } from '../../../shared/domain/users/merge.ts';
import type { Locale } from '../../../shared/domain/values/value.ts';
import { FakeTable } from '../table/fake-table.ts';
import { Random, Scheduler } from './scheduler.ts';

const SHARDS = 2;
export const settings: Locale = { timeZone: 'UTC', defaultCountry: null, dateFormat: 'ymd', decimal: 'none' };
export const schema = schemaOf([]);
const COUNTRIES = ['IN', 'US', 'DE'];
const START = Date.UTC(2026, 0, 1);
/** The probability that an attempt of a walk fails: a third of the walks fail for good. */
const FAILURE = 0.8;

const RULES: readonly Rule[] = [
  { field: 'country', op: 'is', value: 'IN' },
  { field: 'country', op: 'isNot', value: 'IN' },
  {
    any: [
      { field: 'country', op: 'is', value: 'US' },
      { field: 'city', op: 'exists' },
    ],
  },
  {
    all: [
      { field: 'country', op: 'is', value: 'DE' },
      { field: 'city', op: 'missing' },
    ],
  },
];

type Log = { readonly before: Attributes | null; readonly after: Attributes | null; readonly at: number };

/** A table, its stream, and the workers on it. */
export class World {
  readonly random: Random;
  readonly table = new FakeTable();
  readonly scheduler: Scheduler;
  readonly streams: Log[][] = Array.from({ length: SHARDS }, () => []);
  readonly read: number[] = Array.from({ length: SHARDS }, () => 0);
  readonly repairs: string[] = [];
  readonly death: number;
  now = START;

  constructor(seed: number, death: number) {
    this.random = new Random(seed);
    this.scheduler = new Scheduler(this.random);
    this.death = death;
    this.table.gate = () => {
      this.now += 1;
      return this.scheduler.gate();
    };
    this.table.onChange = ({ before, after }) => {
      const name = String(after?.PK ?? before?.PK);
      if (name.startsWith('USERS#')) this.streams[Number(name.slice(6))]?.push({ before, after, at: this.now });
    };
    connect(this.table.connection(SHARDS));
  }

  /** Runs a worker until it is done, however often it dies. */
  async until(run: () => Promise<void>): Promise<void> {
    while ((await this.scheduler.mortal(run, this.death)) === 'killed') await this.scheduler.gate();
  }
}

export const profilesIn = (world: World) => world.table.under('USERS#').flatMap((item) => readProfile(item) ?? []);

async function create(world: World, n: number): Promise<void> {
  const id = ulid(START + n, entropyOf('user', n));
  const properties = { userId: `u${n}`, ...(world.random.happens(0.7) && { country: world.random.oneOf(COUNTRIES) }) };
  const at = new Date(world.now).toISOString();
  const result = merged(unborn({ id, signedUpAt: at, now: at, source: 'api' }), { properties }, { now: at, schema });
  if (result.kind === 'changed') await users.create(result.profile, schema, world.now);
}

async function touch(world: World): Promise<void> {
  const some = profilesIn(world);
  if (some.length === 0) return;
  const profile = await users.byId(world.random.oneOf(some).id);
  if (!profile) return;
  if (world.random.happens(0.2)) {
    await users.remove(profile, schema);
    return;
  }
  const properties = world.random.happens(0.6)
    ? { country: world.random.oneOf([...COUNTRIES, null]) }
    : { city: world.random.oneOf(['Pune', null]) };
  const result = merged(profile, { properties }, { now: new Date(world.now).toISOString(), schema });
  if (result.kind === 'changed') await users.replace(profile, result.profile, schema, world.now);
}

/** Walks a page of one shard, and fails. */
async function failAttempt(world: World, segment: string, version: number): Promise<void> {
  const part = world.random.below(SHARDS);
  await world.until(async () => void (await walkPage({ segment, ruleVersion: version, part }, settings, world.now)));
}

/** The workflow of a version, as the state machine runs it: attempts that fail are followed by others, up to the last. */
async function runWalk(world: World, segment: string, version: number): Promise<void> {
  for (let attempt = 1; world.random.happens(FAILURE); ) {
    await failAttempt(world, segment, version);
    const next = await afterFailure(segment, version, attempt, world.now);
    if (!next.again) return;
    attempt = next.attempt;
  }
  await succeed(world, segment, version);
}

async function succeed(world: World, segment: string, version: number): Promise<void> {
  if (await pendingVersion(segment, version)) {
    const parts = Array.from({ length: SHARDS }, (_, part) =>
      world.until(async () => {
        while (!(await walkPage({ segment, ruleVersion: version, part }, settings, world.now)));
      }),
    );
    await Promise.all(parts);
    await world.until(() => writes.finishFill(segment, version, world.now));
  }
  await world.until(async () => {
    let pages = 3;
    while (!(await sweep(segment, version, () => pages-- > 0, world.now))) pages = 3;
  });
}

const workflow = (world: World, segment: string, version: number) =>
  world.scheduler.start(() => runWalk(world, segment, version));

/** Runs a call of the API, which may be refused with a problem. */
async function refusable(run: () => Promise<void>): Promise<void> {
  await run().catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
  });
}

async function define(world: World, n: number): Promise<void> {
  const named = { name: `Segment ${n}`, description: null, columns: null };
  const rule = world.random.happens(0.7) ? world.random.oneOf(RULES) : null;
  const made = await writes.create(named, rule, START + n, entropyOf('segment', n));
  if (rule) workflow(world, made.id, made.ruleVersion);
}

async function redefine(world: World): Promise<void> {
  const all = world.table.under('SEGMENTS').filter(({ SK }) => SK !== 'VERSION');
  if (all.length === 0) return;
  const id = String(world.random.oneOf(all).SK);
  const definition = await segments.byId(id);
  if (!definition) return;
  if (world.random.happens(0.15)) {
    await writes.change(id, () => null, world.now);
    workflow(world, id, definition.ruleVersion);
  } else if (definition.kind === 'manual') await relist(world, id);
  else {
    const rule = world.random.oneOf(RULES);
    const { before, after } = await writes.change(id, (one) => patched(one, { rule }, 'later'), world.now);
    if (before.ruleVersion !== after.ruleVersion) workflow(world, id, after.ruleVersion);
  }
}

async function relist(world: World, id: string): Promise<void> {
  const references = profilesIn(world)
    .filter(() => world.random.happens(0.5))
    .map((profile) => profile.id);
  const named = await members.resolve(references, schema, settings);
  const dice = world.random.next();
  if (dice < 0.25) {
    const { ruleVersion } = await members.replace(id, named, world.now);
    workflow(world, id, ruleVersion);
  } else if (dice < 0.5) await members.remove(id, named);
  else await members.add(id, named);
}

const userOf = ({ before, after }: Log) => String(after?.SK ?? before?.SK);

/** Follows a batch in which sometimes a user cannot be handled and is sent to repair. */
async function followBatch(world: World, batch: readonly Log[]): Promise<boolean> {
  const poisonous = world.random.happens(0.05) ? batch.slice(0, 1).map(userOf) : [];
  const end = await world.scheduler.mortal(async () => {
    const healthy = batch.filter((change) => !poisonous.includes(userOf(change)));
    const unhandled = await follow(healthy, settings, world.now);
    world.repairs.push(...unhandled.map(({ user }) => user), ...poisonous);
  }, world.death);
  return end === 'done';
}

/** Handles the next batch of a shard; a part of it may be delivered again. */
async function advance(world: World, shard: number, changes: readonly Log[]): Promise<void> {
  const batch = changes.slice(0, 1 + world.random.below(4));
  if (batch.length === 0) return world.scheduler.gate();
  if (!(await followBatch(world, batch))) return;
  const handled = world.random.happens(0.15) ? world.random.below(batch.length) : batch.length;
  world.read[shard] = (world.read[shard] ?? 0) + handled;
}

/** Reads a shard of the stream until all writers have ended and it has no more records. */
async function consume(world: World, shard: number, isOver: () => boolean): Promise<void> {
  const left = () => (world.streams[shard] ?? []).slice(world.read[shard]);
  while (!isOver() || left().length > 0) await advance(world, shard, left());
}

async function mend(world: World, isOver: () => boolean): Promise<void> {
  while (!isOver() || world.repairs.length > 0) {
    const user = world.repairs.shift();
    if (user) await world.until(() => repair(user, settings, world.now));
    else await world.scheduler.gate();
  }
}

/** Does one random call of the API. */
async function act(world: World, n: number): Promise<void> {
  const dice = world.random.next();
  if (dice < 0.25) await create(world, n);
  else if (dice < 0.65) await touch(world);
  else await refusable(() => (dice < 0.8 ? define(world, n) : redefine(world)));
}

async function live(world: World): Promise<void> {
  for (let n = 0; n < 3; n += 1) await create(world, n);
  const writers = [100, 200].map(async (first) => {
    for (let n = first; n < first + 7; n += 1) await act(world, n);
  });
  await Promise.all(writers);
}

/** Runs writers and workers until no work is left. */
async function phase(world: World, write: () => Promise<void>): Promise<void> {
  let writing = true;
  const isQuiet = () => !writing;
  world.scheduler.start(async () => {
    await write();
    writing = false;
  });
  for (let shard = 0; shard < SHARDS; shard += 1) world.scheduler.start(() => consume(world, shard, isQuiet));
  world.scheduler.start(() => mend(world, isQuiet));
  await world.scheduler.runToEnd();
}

export async function simulate(world: World): Promise<void> {
  await phase(world, () => live(world));
  // The sweep takes up the work of callers that died before they started a run, and of runs that were given up.
  await phase(world, async () => {
    world.now += 3_600_000;
    for (const { segment, ruleVersion } of await takeUp(world.now, () => false)) {
      await succeed(world, segment, ruleVersion);
    }
  });
}
