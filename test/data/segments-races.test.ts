import { beforeEach, describe, expect, test } from 'vitest';
import { afterFailure } from '../../shared/app/segments/failed-walk.ts';
import { repair } from '../../shared/app/segments/repair.ts';
import { sweep } from '../../shared/app/segments/sweep-edges.ts';
import * as writes from '../../shared/app/segments/writes.ts';
import { key } from '../../shared/data/keys.ts';
import * as schemas from '../../shared/data/schema.ts';
import { takeUp } from '../../shared/data/segments/work.ts';
import { connect } from '../../shared/data/table/client.ts';
import { stamped } from '../../shared/data/table/items.ts';
import * as users from '../../shared/data/users/users.ts';
import { readNewProperty } from '../../shared/domain/properties/input.ts';
import type { Rule } from '../../shared/domain/rules/rule.ts';
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
  walkShards,
} from '../support/segments/segment-bench.ts';
import { type Command, FakeTable } from '../support/table/fake-table.ts';

const CITY: Rule = { field: 'city', op: 'exists' };

let table: FakeTable;

beforeEach(() => {
  table = new FakeTable();
  connect(table.connection(2));
});

/** The members of a version of a segment, by its edges. */
function edgesOf(segment: string, version: number): string[] {
  return table
    .under(`SEG#${segment}#${version}#`)
    .map(({ SK }) => String(SK))
    .sort();
}

const notedFor = (user: string) =>
  Object.keys(table.items.get(`IN#${user}\nIN`) ?? {}).filter((name) => name.startsWith('seg_'));

/** Runs `first` once before the first command that matches, as another process would. */
function meanwhile(isMeant: (command: Command) => boolean, run: () => Promise<unknown>): void {
  table.gate = async (command) => {
    if (!isMeant(command)) return;
    table.gate = async () => {};
    await run();
  };
}

const writesEdges = (command: Command) =>
  command.name === 'BatchWriteItem' && JSON.stringify(command.input).includes('SEG#');

describe('replay and reorder', () => {
  test('a batch that comes again changes nothing', async () => {
    const segment = await ready(INDIA);
    const one = await born({ country: 'IN' });
    const two = await changedTo(one, { country: 'US' });
    const three = await changedTo(two, { country: 'IN' });
    await deliverChanges(changeOf(null, one), changeOf(one, two), changeOf(two, three));
    const once = new Map(table.items);
    await deliverChanges(changeOf(null, one), changeOf(one, two), changeOf(two, three));
    expect(table.items).toEqual(once);
    expect(edgesOf(segment.id, 1)).toEqual([one.id]);
  });

  test('a batch that comes again from the middle ends in the same', async () => {
    const segment = await ready(INDIA);
    const one = await born({ country: 'IN' });
    const two = await changedTo(one, { country: 'US' });
    const three = await changedTo(two, { country: 'IN' });
    const four = await changedTo(three, { country: 'DE' });
    await deliverChanges(changeOf(null, one), changeOf(one, two), changeOf(two, three));
    await deliverChanges(changeOf(one, two), changeOf(two, three), changeOf(three, four));
    expect(edgesOf(segment.id, 1)).toEqual([]);
    expect(notedFor(one.id)).toEqual([]);
  });

  test('what flipped and flipped back in one batch is written, since an earlier delivery may have ended between', async () => {
    const segment = await ready(INDIA);
    const one = await born({ country: 'IN' });
    await deliverChanges(changeOf(null, one));
    const two = await changedTo(one, { country: 'US' });
    await deliverChanges(changeOf(one, two));
    const three = await changedTo(two, { country: 'IN' });
    await deliverChanges(changeOf(one, two), changeOf(two, three));
    expect(edgesOf(segment.id, 1)).toEqual([one.id]);
  });
});

describe('walk against stream', () => {
  test('a user who leaves while the walk writes is no member', async () => {
    const user = await born({ country: 'IN' });
    const segment = await define(INDIA);
    meanwhile(writesEdges, async () => {
      const left = await changedTo(user, { country: 'US' });
      await deliverChanges(changeOf(user, left));
    });
    await fill(segment.id, 1);
    expect(edgesOf(segment.id, 1)).toEqual([]);
    expect(notedFor(user.id)).toEqual([]);
  });

  test('a user who enters behind the walk is a member by the stream', async () => {
    const segment = await define(INDIA);
    await walkShards(segment.id, 1);
    const user = await born({ country: 'IN' });
    await deliverChanges(changeOf(null, user));
    await writes.finishFill(segment.id, 1, NOW);
    expect(edgesOf(segment.id, 1)).toEqual([user.id]);
  });

  test('a stream that lags behind the walk ends in the state that the walk has read', async () => {
    const one = await born({ country: 'IN' });
    const two = await changedTo(one, { country: 'US' });
    const three = await changedTo(two, { country: 'IN' });
    const segment = await ready(INDIA);
    await deliverChanges(changeOf(null, one), changeOf(one, two));
    expect(edgesOf(segment.id, 1)).toEqual([]);
    await deliverChanges(changeOf(two, three));
    expect(edgesOf(segment.id, 1)).toEqual([one.id]);
  });

  test('a walk that died leaves nothing wrong behind when it goes on', async () => {
    const user = await born({ country: 'IN' });
    const segment = await define(INDIA);
    // The user leaves, the stream follows, the walk writes what it had read, and dies before it reads again.
    meanwhile(writesEdges, async () => {
      const left = await changedTo(user, { country: 'US' });
      await deliverChanges(changeOf(user, left));
      table.gate = () => Promise.reject(new Error('died'));
    });
    await expect(walkShards(segment.id, 1)).rejects.toThrow('died');
    expect(edgesOf(segment.id, 1)).toEqual([user.id]);
    table.gate = async () => {};
    await fill(segment.id, 1);
    expect(edgesOf(segment.id, 1)).toEqual([]);
  });
});

describe('new rule against cached rules', () => {
  test('a batch that ends after a rule was written has used it', async () => {
    const india = await ready(INDIA);
    const user = await born({ country: 'IN', city: 'Pune' });
    let city = '';
    meanwhile(writesEdges, async () => {
      city = (await define(CITY)).id;
    });
    await deliverChanges(changeOf(null, user));
    expect(edgesOf(india.id, 1)).toEqual([user.id]);
    expect(edgesOf(city, 1)).toEqual([user.id]);
  });

  test('both versions of a rule are kept right until the new one answers', async () => {
    const segment = await ready(INDIA);
    await redefine(segment.id, ABROAD);
    const user = await born({ country: 'US' });
    await deliverChanges(changeOf(null, user));
    const home = await changedTo(user, { country: 'IN' });
    expect([edgesOf(segment.id, 1), edgesOf(segment.id, 2)]).toEqual([[], [user.id]]);
    await deliverChanges(changeOf(user, home));
    expect([edgesOf(segment.id, 1), edgesOf(segment.id, 2)]).toEqual([[user.id], []]);
  });

  test('a rule on a property that was declared just now is not evaluated by an older schema', async () => {
    await ready(INDIA);
    await schemas.fresh('user', NOW);
    // Another process declares it: this one goes on with the schema that it has read.
    const declared = readNewProperty({ key: 'seats', type: 'number' }, NOW);
    if ('faults' in declared) throw new Error('seats cannot be declared');
    const seats = stamped('property', declared.value);
    const { PK, SK } = key.property('user', 'seats');
    table.items.set(`${PK}\n${SK}`, { ...seats, PK, SK });
    const segment = await define({ field: 'seats', op: 'atLeast', value: 5 });
    const user = await born({ country: 'DE', seats: 7 });
    await deliverChanges(changeOf(null, user));
    expect(edgesOf(segment.id, 1)).toEqual([user.id]);
  });
});

describe('two changes of a rule in a row', () => {
  test('end in the last, whichever walk ends first', async () => {
    const here = await born({ country: 'IN' });
    const there = await born({ country: 'US', city: 'Austin' });
    const segment = await ready(INDIA);
    await redefine(segment.id, ABROAD);
    await walkShards(segment.id, 2);
    await redefine(segment.id, CITY);
    await fill(segment.id, 3);
    await fill(segment.id, 2);
    expect([1, 2, 3].map((version) => edgesOf(segment.id, version))).toEqual([[], [], [there.id]]);
    expect(notedFor(here.id)).toEqual([]);
    expect(table.under('SEGMENTWORK')).toEqual([]);
  });

  test('the old members are the members until the new rule is ready', async () => {
    const here = await born({ country: 'IN' });
    const segment = await ready(INDIA);
    const changed = await redefine(segment.id, ABROAD);
    expect(changed).toMatchObject({ live: 1, ruleVersion: 2 });
    await walkShards(segment.id, 2);
    expect(edgesOf(segment.id, changed.live)).toEqual([here.id]);
  });

  test('a walk in which a shard was not walked to its end is not finished', async () => {
    const segment = await define(INDIA);
    await expect(writes.finishFill(segment.id, 1, NOW)).rejects.toThrow('a shard was not walked to its end');
  });
});

describe('delete against evaluate', () => {
  test('a segment deleted while a batch is evaluated leaves no edge', async () => {
    const segment = await ready(INDIA);
    const user = await born({ country: 'IN' });
    meanwhile(writesEdges, async () => {
      await writes.change(segment.id, () => null, NOW);
      while (!(await sweep(segment.id, 1, () => true, NOW)));
    });
    await deliverChanges(changeOf(null, user));
    expect(edgesOf(segment.id, 1)).toEqual([]);
    expect(notedFor(user.id)).toEqual([]);
  });

  test('a segment deleted while a walk writes, which then is given up, leaves no edge', async () => {
    const user = await born({ country: 'IN' });
    const segment = await define(INDIA);
    meanwhile(writesEdges, async () => {
      await writes.change(segment.id, () => null, NOW);
      while (!(await sweep(segment.id, 1, () => true, NOW)));
    });
    await walkShards(segment.id, 1);
    expect(edgesOf(segment.id, 1)).toEqual([user.id]);
    expect(await afterFailure(segment.id, 1, 5, NOW)).toMatchObject({ again: false });
    const later = NOW + 3_600_000;
    for (const work of await takeUp(later, () => false)) await sweep(work.segment, work.ruleVersion, () => true, later);
    expect(edgesOf(segment.id, 1)).toEqual([]);
    expect([...table.under('IN#'), ...table.under('SEGMENTWORK')].filter((item) => `${segment.id}#1` in item)).toEqual(
      [],
    );
  });

  test('a user deleted while edges are being written leaves no edge behind', async () => {
    const user = await born({ country: 'IN' });
    const segment = await define(INDIA);
    meanwhile(writesEdges, async () => {
      await users.remove(user, schema);
      await deliverChanges(changeOf(user, null));
    });
    await fill(segment.id, 1);
    expect(edgesOf(segment.id, 1)).toEqual([]);
    expect(table.under('IN#')).toEqual([]);
  });

  test('a user who was created and deleted within one batch leaves nothing', async () => {
    await ready(INDIA);
    const user = await born({ country: 'IN' });
    await users.remove(user, schema);
    await deliverChanges(changeOf(null, user), changeOf(user, null));
    expect([...table.under('SEG#'), ...table.under('IN#')]).toEqual([]);
  });
});

describe('repair', () => {
  test('corrects all memberships of one user', async () => {
    const india = await ready(INDIA);
    const abroad = await ready(ABROAD);
    const user = await born({ country: 'IN' });
    await deliverChanges(changeOf(null, user));
    await users.replace(user, { ...user, properties: { ...user.properties, country: 'US' }, revision: 2 }, schema, NOW);
    table.items.delete(`IN#${user.id}\nIN`);
    await repair(user.id, locale, NOW);
    expect([edgesOf(india.id, 1), edgesOf(abroad.id, 1)]).toEqual([[], [user.id]]);
    expect(notedFor(user.id)).toEqual([`${abroad.id}#1`]);
  });
});
