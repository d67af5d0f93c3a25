import { beforeEach, describe, expect, test } from 'vitest';
import { countMatching } from '../../shared/app/segments/count-matching.ts';
import * as counts from '../../shared/app/segments/counts.ts';
import * as members from '../../shared/app/segments/members.ts';
import { view } from '../../shared/app/segments/view.ts';
import * as writes from '../../shared/app/segments/writes.ts';
import { key } from '../../shared/data/keys.ts';
import * as edges from '../../shared/data/segments/edges.ts';
import { ofUser } from '../../shared/data/segments/memberships.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { takeUp } from '../../shared/data/segments/work.ts';
import { connect } from '../../shared/data/table/client.ts';
import { stamped } from '../../shared/data/table/items.ts';
import { put } from '../../shared/data/table/operations.ts';
import * as users from '../../shared/data/users/users.ts';
import { compile } from '../../shared/domain/rules/compile.ts';
import { doesWork } from '../../shared/domain/segments/walk-run.ts';
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
import { startTable } from '../support/table/dynamodb.ts';
import { openLedger } from '../support/table/ledger.ts';

let connection: Awaited<ReturnType<typeof startTable>>;

beforeEach(async () => {
  connection = await startTable();
});

async function idsIn(id: string): Promise<readonly string[]> {
  const live = await segments.live(id);
  if (live?.kind !== 'edges') throw new Error('not a segment with edges');
  return (await edges.ofSegment({ ...live, limit: 100, newestFirst: false })).users;
}

describe('members', () => {
  test('a walk makes members of all users for whom the rule holds, and the stream goes on from there', async () => {
    const here = await born({ country: 'in' });
    await born({ country: 'US' });
    const segment = await define(INDIA);
    expect(await idsIn(segment.id)).toEqual([]);
    await fill(segment.id, 1);
    expect(await idsIn(segment.id)).toEqual([here.id]);
    const entering = await born({ country: 'IN' });
    const leaving = await changedTo(here, { country: null });
    await deliverChanges(changeOf(null, entering), changeOf(here, leaving));
    expect(await idsIn(segment.id)).toEqual([entering.id]);
    await users.remove(entering, schema);
    await deliverChanges(changeOf(entering, null));
    expect(await idsIn(segment.id)).toEqual([]);
    expect(await ofUser(entering.id)).toEqual({});
  });

  test('a user who stays in when the rule changes has been in it since before', async () => {
    const user = await born({ country: 'IN' });
    const segment = await define(INDIA);
    await fill(segment.id, 1);
    const { [`${segment.id}#1`]: since } = await ofUser(user.id);
    await redefine(segment.id, { any: [INDIA, { field: 'city', op: 'is', value: 'Pune' }] });
    await fill(segment.id, 2, NOW + 60_000);
    expect(since).toBe(NOW);
    expect(await ofUser(user.id)).toEqual({ [`${segment.id}#2`]: since });
  });

  test('a page of members is by sign-up over all shards, and says where the next begins', async () => {
    const segment = await ready(INDIA);
    const all = [];
    for (let n = 0; n < 25; n += 1) all.push(await born({ country: 'IN' }));
    await deliverChanges(...all.map((user) => changeOf(null, user)));
    const ids = all.map(({ id }) => id);
    const live = { segment: segment.id, ruleVersion: 1 };
    const first = await edges.ofSegment({ ...live, limit: 10, newestFirst: true });
    expect(first.users).toEqual(ids.toReversed().slice(0, 10));
    const rest = await edges.ofSegment({ ...live, limit: 50, newestFirst: true, after: first.last ?? '' });
    expect(rest).toEqual({ users: ids.toReversed().slice(10), last: null });
    expect(await edges.count(live)).toBe(25);
  });

  test('a deleted segment leaves no edge and no membership', async () => {
    const user = await born({ country: 'IN' });
    const segment = await ready(INDIA);
    await writes.change(segment.id, () => null, NOW);
    await fill(segment.id, 1);
    expect(await edges.ofSegment({ segment: segment.id, ruleVersion: 1, limit: 10, newestFirst: true })).toEqual({
      users: [],
      last: null,
    });
    expect(await ofUser(user.id)).toEqual({});
  });
});

describe('manual segments', () => {
  const named = (...references: string[]) => members.resolve(references, schema, locale);

  /** The stream that follows writes of lists. */
  async function deliverListWrites(
    ids: readonly string[],
    before: Awaited<ReturnType<typeof users.byId>>[],
  ): Promise<void> {
    for (const [index, id] of ids.entries())
      await deliverChanges(changeOf(before[index] ?? null, await users.byId(id)));
  }

  test('adding and removing move the revision of a user and never its version', async () => {
    const segment = await define(null);
    const user = await born({});
    const reference = `userId:${user.properties.userId}`;
    expect(await members.add(segment.id, await named(reference, reference, 'userId:nobody'))).toEqual({
      added: 1,
      alreadyIn: 0,
      notFound: ['userId:nobody'],
    });
    await deliverListWrites([user.id], [user]);
    expect(await idsIn(segment.id)).toEqual([user.id]);
    const inIt = await users.byId(user.id);
    expect(inIt).toMatchObject({ version: 1, updatedAt: user.updatedAt, revision: 2, lists: [`${segment.id}#1`] });
    expect(await members.add(segment.id, await named(reference))).toMatchObject({
      added: 0,
      alreadyIn: 1,
    });
    expect(await members.remove(segment.id, await named(reference))).toEqual({
      removed: 1,
      notIn: 0,
      notFound: [],
    });
    await deliverListWrites([user.id], [inIt]);
    expect(await idsIn(segment.id)).toEqual([]);
  });

  test('a list that replaces another is whole when it answers, and what it replaced is swept', async () => {
    const segment = await define(null);
    const [stays, goes, comes] = [await born({}), await born({}), await born({})];
    await members.add(segment.id, await named(stays.id, goes.id));
    await deliverListWrites([stays.id, goes.id], [stays, goes]);
    const replaced = await members.replace(segment.id, await named(stays.id, comes.id), NOW);
    expect(replaced).toMatchObject({ added: 1, alreadyIn: 1, ruleVersion: 2 });
    expect(await idsIn(segment.id)).toEqual([stays.id, comes.id]);
    await fill(segment.id, 2);
    expect(await edges.count({ segment: segment.id, ruleVersion: 1 })).toBe(0);
    expect(Object.keys(await ofUser(goes.id))).toEqual([]);
    expect(await segments.byId(segment.id)).toMatchObject({ version: 1, live: 2 });
  });

  test('a user is in at most 200 of them, and those that are gone do not count', async () => {
    const gone = Array.from({ length: 199 }, (_, n) => `seg_gone#${n}`);
    const user = await born({});
    const [first, second] = [await define(null), await define(null)];
    await users.replace(user, { ...user, revision: 2, lists: [...gone, `${first.id}#1`] }, schema, NOW);
    await members.add(second.id, await named(user.id));
    expect((await users.byId(user.id))?.lists).toEqual([`${first.id}#1`, `${second.id}#1`]);
  });

  test('members of a dynamic segment cannot be listed by hand', async () => {
    const segment = await define(INDIA);
    await expect(members.add(segment.id, await named())).rejects.toMatchObject({ code: 'notManual' });
  });
});

describe('what segments show', () => {
  test('a segment that was never ready has no count; then it has an exact one', async () => {
    await born({ country: 'IN' });
    const segment = await define(INDIA);
    expect(await view(segment, NOW)).toMatchObject({
      state: 'evaluating',
      progress: 0,
      memberCount: null,
      countedAt: null,
    });
    await fill(segment.id, 1);
    const filled = await segments.byId(segment.id);
    if (!filled) throw new Error('the segment is gone');
    const shown = await view(filled, NOW);
    expect(shown).toMatchObject({ state: 'ready', memberCount: 1, countedAt: new Date(NOW).toISOString(), version: 2 });
    expect(shown).not.toHaveProperty('progress');
  });

  test('a count is as old as it may be, and no older', async () => {
    const segment = await ready(INDIA);
    const user = await born({ country: 'IN' });
    await deliverChanges(changeOf(null, user));
    const definition = await segments.byId(segment.id);
    if (!definition) throw new Error('the segment is gone');
    const countAt = async (now: number) => (await counts.countsOf([definition], now)).get(segment.id)?.count;
    expect(await countAt(NOW + 500)).toBe(0);
    expect(await countAt(NOW + 5_000)).toBe(1);
    expect([counts.lifeOf(100_000), counts.lifeOf(100_001)]).toEqual([60_000, 3_600_000]);
  });

  test('all users are a segment whose count leaves tombstones out', async () => {
    await born({});
    await put({ ...stamped('void', { expiresAt: NOW }), ...key.user('01KDVDNA00TFX3SY34RZQW3Z54', connection.shards) });
    const [first] = (await segments.page({ limit: 5 })).segments;
    expect(first).toMatchObject({ id: 'all', kind: 'all' });
    if (!first) throw new Error('nothing is listed');
    expect(await view(first, NOW)).toMatchObject({ state: 'ready', memberCount: 1, rule: null, createdAt: null });
  });

  test('the list begins with all users and goes on by the time of making, kind by kind', async () => {
    const made = [await define(INDIA), await define(null), await define(ABROAD)];
    const first = await segments.page({ limit: 2 });
    expect(first.segments.map(({ id }) => id)).toEqual(['all', made[0]?.id]);
    const rest = await segments.page({ limit: 5, after: first.last ?? '' });
    expect(rest).toMatchObject({ segments: [{ id: made[1]?.id }, { id: made[2]?.id }], last: null });
    const manual = await segments.page({ limit: 1, kind: 'manual' });
    expect(manual).toMatchObject({ segments: [{ id: made[1]?.id }], last: null });
  });

  test('counting reads every user, counts those who match, and shows the newest', async () => {
    const all = [];
    for (let n = 0; n < 12; n += 1) all.push(await born({ country: n % 3 === 0 ? 'US' : 'IN' }));
    const matcher = compile(INDIA, schema, locale);
    const found = await countMatching(matcher, { keep: 3, hasTime: () => true, now: NOW });
    expect(found).toMatchObject({ count: 8, complete: true });
    expect(found.newest.map(({ id }) => id)).toEqual([all[11]?.id, all[10]?.id, all[8]?.id]);
    expect(await countMatching(matcher, { keep: 3, hasTime: () => false, now: NOW })).toEqual({
      count: 0,
      complete: false,
      newest: [],
    });
  });
});

describe('work', () => {
  const MINUTE = 60_000;
  const nothingRuns = () => false;

  test('that no run does is taken up after two minutes by one caller, and then after longer waits, up to an hour', async () => {
    const segment = await define(INDIA);
    const madeAt = Date.parse(segment.createdAt ?? '');
    const takenAt: number[] = [];
    for (const minute of [1, 2, 5, 6, 13, 14, 29, 30, 61, 62, 121, 122]) {
      const now = madeAt + minute * MINUTE;
      for (const work of await takeUp(now, nothingRuns)) {
        expect(work).toMatchObject({ segment: segment.id, ruleVersion: 1, task: 'fill', attempt: takenAt.length + 1 });
        takenAt.push(minute);
      }
      expect(await takeUp(now, nothingRuns)).toEqual([]);
    }
    expect(takenAt).toEqual([2, 6, 14, 30, 62, 122]);
  });

  test('that a run does is left to it, however long it takes', async () => {
    const segment = await define(INDIA);
    const asked: string[] = [];
    const taken = await takeUp(NOW + 24 * 60 * MINUTE, (work) => asked.push(work.segment) > 0);
    expect([taken, asked]).toEqual([[], [segment.id]]);
  });

  test.each([
    ['the run that fills the version', 'fill', 'seg_A-2', true],
    ['a later run for the same version', 'fill', 'seg_A-2-3', true],
    ['a run that fills another version', 'fill', 'seg_A-1', false],
    ['a run whose version begins alike', 'fill', 'seg_A-21', false],
    ['the run of another segment', 'fill', 'seg_B-2', false],
    ['any run of the segment', 'sweep', 'seg_A-9-deleted', true],
    ['the run of another segment', 'sweep', 'seg_B-2', false],
  ] as const)('%s: does it do a %s? (%s)', (_, task, run, expected) => {
    expect(doesWork(run, { segment: 'seg_A', ruleVersion: 2, task })).toBe(expected);
  });

  test('nothing is left to do when a version is filled', async () => {
    const segment = await ready(INDIA);
    await redefine(segment.id, ABROAD);
    await fill(segment.id, 2);
    expect(await takeUp(NOW + 24 * 60 * MINUTE, nothingRuns)).toEqual([]);
  });
});

describe('what it costs', () => {
  test('a change that flips nothing writes nothing; a flip is two writes, for the edge and the memberships', async () => {
    await ready(INDIA);
    const user = await born({ country: 'US' });
    const same = await changedTo(user, { city: 'Austin' });
    const inside = await changedTo(same, { country: 'IN' });
    const outside = await changedTo(inside, { country: 'US' });
    connect(connection);
    const ledger = openLedger(connection.client);
    const cost = async (run: () => Promise<unknown>) => {
      const before = { ...ledger };
      await run();
      return { wru: ledger.wru - before.wru, rru: ledger.rru - before.rru };
    };
    await deliverChanges(changeOf(null, user));
    expect(await cost(() => deliverChanges(changeOf(user, same)))).toEqual({ wru: 0, rru: 1 });
    expect(await cost(() => deliverChanges(changeOf(same, inside)))).toEqual({ wru: 2, rru: 2 });
    expect(await cost(() => deliverChanges(changeOf(inside, outside)))).toEqual({ wru: 2, rru: 2 });
  });
});
