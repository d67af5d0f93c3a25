import { describe, expect, test, vi } from 'vitest';
import * as edges from '../../shared/data/segments/edges.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { compile } from '../../shared/domain/rules/compile.ts';
import { readMembership } from '../../shared/domain/segments/membership.ts';
import { profilesIn, schema, settings, simulate, World } from '../support/segments/segment-world.ts';

// There is no back-off here: the scheduler decides the order.
vi.mock('../../shared/data/table/back-off.ts', () => ({ backOff: async () => {} }));

async function checkMembers(world: World): Promise<void> {
  const profiles = profilesIn(world);
  world.table.gate = async () => {};
  for (const item of world.table.under('SEGMENTS').filter(({ SK }) => SK !== 'VERSION')) {
    const segment = segments.readDefinition(item);
    const name = `${segment.id}#${segment.live}`;
    const matcher = segment.rule && compile(segment.rule, schema, settings);
    const belongs = profiles.filter((one) => (matcher ? matcher(one, world.now).matches : one.lists.includes(name)));
    const { users: found } = await edges.ofSegment({
      segment: segment.id,
      ruleVersion: segment.live,
      limit: 1_000,
      newestFirst: false,
    });
    if (segment.kind === 'dynamic') expect(segment.live, 'a rule is filled in the end').toBe(segment.ruleVersion);
    expect(segment.failure, 'a failed walk that succeeds later').toBe(null);
    expect(found, `members of ${name}`).toEqual(belongs.map(({ id }) => id).sort());
  }
}

/** Nothing is left of a deleted user, and each edge is recorded with its user. */
function checkLeftovers(world: World): void {
  const there = new Set(profilesIn(world).map(({ id }) => id));
  for (const { PK } of world.table.under('IN#')) {
    expect(there.has(String(PK).slice(3)), 'memberships of a deleted user').toBe(true);
  }
  for (const { PK, SK } of world.table.under('SEG#')) {
    const [, segment, version] = String(PK).split('#');
    expect(there.has(String(SK)), 'an edge of a user who is no more').toBe(true);
    const noted = world.table.items.get(`IN#${SK}\nIN`);
    expect(Object.keys(noted ?? {}), 'memberships of a user with an edge').toContain(`${segment}#${version}`);
  }
}

/** Only live data remains: no edge of another version, and no noted work. */
function checkSwept(world: World): void {
  const alive = new Set(
    world.table
      .under('SEGMENTS')
      .filter(({ SK }) => SK !== 'VERSION')
      .map(segments.readDefinition)
      .flatMap(({ id, live: one, ruleVersion }) => [`${id}#${one}`, `${id}#${ruleVersion}`]),
  );
  const left = world.table.under('SEG#').map(({ PK }) => String(PK).split('#').slice(1, 3).join('#'));
  expect(
    left.filter((name) => !alive.has(name)),
    'edges of versions that are no more',
  ).toEqual([]);
  const noted = world.table.under('IN#').flatMap((item) => Object.keys(item).filter((name) => name.startsWith('seg_')));
  expect(noted.filter((name) => !alive.has(name)).map(readMembership), 'memberships of such versions').toEqual([]);
  expect(world.table.under('SEGMENTWORK')).toEqual([]);
}

const SEEDS = Number(process.env.SEEDS ?? 300);
const FIRST = Number(process.env.SEED ?? 1);

/** Runs many worlds. A failure prints its seed, and `SEED=<seed> SEEDS=1` runs it again. */
async function inEveryWorld(death: number, check: (world: World) => Promise<void>): Promise<void> {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
    const world = new World(seed, death);
    try {
      await simulate(world);
      await check(world);
    } catch (error) {
      throw new Error(`seed ${seed} fails: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
}

describe('promise 5: when no work is left, the members of each segment are exactly the users for whom the rule holds', () => {
  test(
    'whatever is duplicated, delayed or reordered on the way',
    () =>
      inEveryWorld(0, async (world) => {
        await checkMembers(world);
        checkLeftovers(world);
        checkSwept(world);
      }),
    300_000,
  );

  test(
    'and workers that die in the middle of it',
    () =>
      inEveryWorld(0.01, async (world) => {
        await checkMembers(world);
        checkLeftovers(world);
      }),
    300_000,
  );
});
