import fc from 'fast-check';
import { expect, test } from 'vitest';
import { follow } from '../../shared/app/segments/follow.ts';
import * as members from '../../shared/app/segments/members.ts';
import { repair } from '../../shared/app/segments/repair.ts';
import * as memberships from '../../shared/data/segments/memberships.ts';
import { connect } from '../../shared/data/table/client.ts';
import * as users from '../../shared/data/users/users.ts';
import type { Definition } from '../../shared/domain/segments/definition.ts';
import type { Value } from '../../shared/domain/values/value.ts';
import {
  ABROAD,
  born,
  changedTo,
  changeOf,
  define,
  deliverChanges,
  fill,
  INDIA,
  locale,
  NOW,
  ready,
  redefine,
  schema,
} from '../support/segments/segment-bench.ts';
import { FakeTable } from '../support/table/fake-table.ts';

type Change = Parameters<typeof follow>[0][number];

/** One user, three segments, and the stream with all changes of the user. */
type History = {
  readonly table: FakeTable;
  readonly user: string;
  readonly rules: readonly Definition[];
  readonly list: Definition;
  readonly stream: Change[];
  /** The number of changes that the stream has delivered. */
  delivered: number;
  isDelivering: boolean;
};

async function begin(): Promise<History> {
  const table = new FakeTable();
  connect(table.connection(2));
  const rules = [await ready(INDIA), await ready(ABROAD)];
  const list = await define(null);
  const stream: Change[] = [];
  table.onChange = ({ before, after }) => {
    if (String(after?.PK ?? before?.PK).startsWith('USERS#')) stream.push({ before, after, at: NOW });
  };
  const { id: user } = await born({ country: 'IN' });
  return { table, user, rules, list, stream, delivered: 0, isDelivering: false };
}

async function move(history: History, properties: Record<string, Value | null>): Promise<void> {
  const profile = await users.byId(history.user);
  if (profile && (profile.properties.country ?? null) !== properties.country) await changedTo(profile, properties);
}

async function erase({ user }: History): Promise<void> {
  const profile = await users.byId(user);
  if (profile) await users.remove(profile, schema);
}

/**
 * Delivers some changes from a position on; an earlier position repeats changes, as a stream does after a failure. A shard
 * of a stream has one delivery at a time.
 */
async function deliver(history: History, from: number, count: number): Promise<void> {
  const end = Math.min(from + count, history.stream.length);
  if (end <= from || history.isDelivering) return;
  history.isDelivering = true;
  await follow(history.stream.slice(from, end), locale, NOW);
  history.isDelivering = false;
  history.delivered = Math.max(history.delivered, end);
}

const ACTIONS = {
  enter: (history: History) => move(history, { country: 'IN' }),
  leave: (history: History) => move(history, { country: 'US' }),
  belongNowhere: (history: History) => move(history, { country: null }),
  delete: erase,
  deliverOne: (history: History) => deliver(history, history.delivered, 1),
  deliverAll: (history: History) => deliver(history, history.delivered, 100),
  replay: (history: History) => deliver(history, Math.max(0, history.delivered - 2), 100),
  replayAll: (history: History) => deliver(history, 0, 100),
  repair: ({ user }: History) => repair(user, locale, NOW),
  changeRule: async ({ rules }: History) => {
    for (const { id } of rules) {
      const { ruleVersion } = await redefine(id, { field: 'country', op: 'exists' });
      await fill(id, ruleVersion);
    }
  },
  list: async ({ list, user }: History) => {
    await members.add(list.id, await members.resolve([user], schema, locale));
  },
  replaceList: async ({ list, user }: History) => {
    const { ruleVersion } = await members.replace(list.id, await members.resolve([user], schema, locale), NOW);
    await fill(list.id, ruleVersion);
  },
  unlist: async ({ list, user }: History) => {
    await members.remove(list.id, await members.resolve([user], schema, locale));
  },
} as const;
type Action = keyof typeof ACTIONS;

const actions = fc.constantFrom(...Object.keys(ACTIONS).filter((name): name is Action => name in ACTIONS));

/** An action, and another one that comes in between two calls of the first, before call `at`. */
type Step = { readonly action: Action; readonly meanwhile: { readonly at: number; readonly action: Action } | null };

const steps: fc.Arbitrary<Step> = fc.record({
  action: actions,
  meanwhile: fc.option(fc.record({ at: fc.nat(12), action: actions }), { nil: null, freq: 2 }),
});

async function take(history: History, { action, meanwhile }: Step): Promise<void> {
  let calls = 0;
  if (meanwhile) {
    history.table.gate = async () => {
      if (calls++ !== meanwhile.at) return;
      history.table.gate = async () => {};
      await ACTIONS[meanwhile.action](history);
    };
  }
  await ACTIONS[action](history);
  history.table.gate = async () => {};
}

test('nothing of a deleted user remains, whatever happened before, between and again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 10 }), async (history) => {
      const world = await begin();
      for (const step of history) await take(world, step);
      await erase(world);
      await deliver(world, world.delivered, 100);
      const left = [...world.table.items.values()].filter((item) => JSON.stringify(item).includes(world.user));
      expect(left).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('the empty item of memberships that a user left behind goes with the user', async () => {
  const table = new FakeTable();
  connect(table.connection(2));
  await ready(INDIA);
  const user = await born({ country: 'IN' });
  await deliverChanges(changeOf(null, user));
  const left = await changedTo(user, { country: 'US' });
  await deliverChanges(changeOf(user, left));
  expect(await memberships.ofUser(user.id)).toEqual({});
  await users.remove(left, schema);
  await deliverChanges(changeOf(left, null));
  expect(table.under('IN#')).toEqual([]);
});
