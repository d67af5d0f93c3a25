import { beforeEach, describe, expect, test } from 'vitest';
import { currentEvaluator } from '../../shared/app/segments/definitions.ts';
import * as members from '../../shared/app/segments/members.ts';
import { repair } from '../../shared/app/segments/repair.ts';
import { listed } from '../../shared/app/users/list.ts';
import { segmentsOf } from '../../shared/app/users/segments.ts';
import * as apiKeys from '../../shared/data/access/api-keys.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import { type Key, key } from '../../shared/data/keys.ts';
import * as schemas from '../../shared/data/schema.ts';
import * as counts from '../../shared/data/segments/counts.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import * as walks from '../../shared/data/segments/walks.ts';
import { takeUp } from '../../shared/data/segments/work.ts';
import { connect } from '../../shared/data/table/client.ts';
import { stamped } from '../../shared/data/table/items.ts';
import { storedUsers } from '../../shared/data/users/stored-users.ts';
import * as users from '../../shared/data/users/users.ts';
import { makeKey } from '../../shared/domain/keys/input.ts';
import { customProperty } from '../support/arbitrary/property.ts';
import { importJob } from '../support/jobs/import-job.ts';
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
  schema,
} from '../support/segments/segment-bench.ts';
import { FakeTable } from '../support/table/fake-table.ts';

const SHARDS = 1;

let table: FakeTable;

beforeEach(() => {
  table = new FakeTable();
  connect(table.connection(SHARDS));
});

const at = ({ PK, SK }: Key) => `${PK}\n${SK}`;

/** Makes one attribute of a stored item something that it cannot be. */
function spoil(where: Key, attribute: string, value: unknown = { not: 'this' }): void {
  const item = table.items.get(at(where));
  if (!item) throw new Error('there is no such item');
  table.items.set(at(where), { ...item, [attribute]: value });
}

const iso = (ms: number) => new Date(ms).toISOString();
const edgesOf = (id: string, version: number) => table.under(`SEG#${id}#${version}#`).map(({ SK }) => SK);

describe('one stored item that does not parse is left out and reported, and stops nothing:', () => {
  test('a list of users, of a segment and of an export', async () => {
    const segment = await ready(INDIA);
    const [one, bad, two] = [
      await born({ country: 'IN' }),
      await born({ country: 'IN' }),
      await born({ country: 'IN' }),
    ];
    await deliverChanges(changeOf(null, one), changeOf(null, bad), changeOf(null, two));
    spoil(key.user(bad.id, SHARDS), 'status', 'unheard of');
    const page = { limit: 10, newestFirst: false };
    const idsOf = (found: readonly { id: string }[]) => found.map(({ id }) => id);
    expect(idsOf((await users.bySignUp(page)).users)).toEqual([one.id, two.id]);
    const of = { kind: 'edges' as const, segment: segment.id, ruleVersion: 1, columns: null };
    expect(idsOf((await listed({ of, ...page })).users)).toEqual([one.id, two.id]);
    expect(table.unreadable).toEqual(['user', 'user']);
    spoil(key.user(bad.id, SHARDS), 'revision');
    expect(idsOf((await storedUsers(0, null)).users)).toEqual([one.id, two.id]);
  });

  test('a page of users that ends with it goes on behind it', async () => {
    const [one, bad, two] = [await born({}), await born({}), await born({})];
    spoil(key.user(bad.id, SHARDS), 'status');
    const first = await users.bySignUp({ limit: 2, newestFirst: false });
    expect(first).toMatchObject({ users: [{ id: one.id }], last: bad.id });
    const second = await users.bySignUp({ limit: 2, newestFirst: false, after: bad.id });
    expect(second).toMatchObject({ users: [{ id: two.id }], last: null });
  });

  test('an item of a newer format, or of no known entity, is reported without what it holds', async () => {
    const [one, two] = [await born({}), await born({})];
    spoil(key.user(one.id, SHARDS), 'format', 2);
    table.items.set(at(key.user(two.id, SHARDS)), { ...key.user(two.id, SHARDS), entity: 'ada@example.com' });
    expect((await users.bySignUp({ limit: 5, newestFirst: true })).users).toEqual([]);
    expect(table.unreadable.toSorted()).toEqual(['unknown', 'user']);
  });

  test('the list of jobs, by which the sweep goes', async () => {
    for (let n = 1; n <= 4; n += 1) await jobs.create(importJob({ id: `imp_${n}`, createdAt: iso(NOW + n) }));
    for (const id of ['imp_2', 'imp_3']) spoil(key.job(id), 'status');
    const seen: string[] = [];
    let after: string | null | undefined;
    while (after !== null) {
      const page = await jobs.newest({ from: iso(NOW), to: iso(NOW + 10), after, limit: 1 });
      seen.push(...page.jobs.map(({ id }) => id));
      after = page.last;
    }
    expect(seen).toEqual(['imp_4', 'imp_1']);
    expect(new Set(table.unreadable)).toEqual(new Set(['job']));
  });

  test('the list of keys, and the look for another owner', async () => {
    const keys = [1, 2].map((n) =>
      makeKey({ name: 'test', email: 'a@example.com', scopes: ['owner'] }, 'dev', NOW, new Uint8Array(32).fill(n)),
    );
    for (const { stored } of keys) await apiKeys.create(stored);
    const [first, second] = keys.map(({ stored }) => stored.id);
    spoil(key.apiKey(first ?? ''), 'scopes');
    expect((await apiKeys.all()).map(({ id }) => id)).toEqual([second]);
    expect(await apiKeys.revoke(second ?? '', NOW)).toBe('lastOwner');
    expect(new Set(table.unreadable)).toEqual(new Set(['apiKey']));
  });

  test('the schema', async () => {
    for (const name of ['plan', 'seats']) {
      const property = customProperty(name, 'text');
      table.items.set(at(key.property('user', name)), {
        ...stamped('property', property),
        ...key.property('user', name),
      });
    }
    spoil(key.property('user', 'plan'), 'type', 'colour');
    expect([...(await schemas.fresh('user', NOW)).properties.keys()]).toContain('seats');
    expect(table.unreadable).toEqual(['property']);
  });

  test('noted work, walks and counts of segments', async () => {
    const [one, two] = [await define(INDIA), await define(ABROAD)];
    spoil(key.segmentWork(one.id, 1), 'task');
    const later = NOW + 3_600_000;
    expect(await takeUp(later, () => false)).toMatchObject([{ segment: two.id }]);
    await walks.save(one.id, 1, 0, { after: 'U', done: true }, NOW);
    spoil(key.walkPart(one.id, 1, 0), 'done');
    expect(await walks.positionOf(one.id, 1, 0)).toEqual({ after: null, done: false });
    expect(await walks.partsDone(one.id, 1)).toBe(0);
    await counts.keep(one.id, { count: 1, at: NOW, ruleVersion: 1 });
    spoil(key.segmentCount(one.id), 'count');
    expect(await counts.ofSegments([one.id])).toEqual(new Map());
    expect(new Set(table.unreadable)).toEqual(new Set(['segmentWork', 'walkPart', 'count']));
  });
});

describe('a definition that does not parse', () => {
  test('leaves the list of segments and the evaluation of the others as they are', async () => {
    const [india, abroad] = [await ready(INDIA), await ready(ABROAD)];
    const user = await born({ country: 'US' });
    await deliverChanges(changeOf(null, user));
    spoil(key.segment(india.id), 'rule');
    // Another connection has nothing in its cache.
    connect(table.connection(SHARDS));
    expect((await segments.page({ limit: 5 })).segments.map(({ id }) => id)).toEqual(['all', abroad.id]);
    const moved = await changedTo(user, { country: 'IN' });
    await deliverChanges(changeOf(user, moved));
    expect(edgesOf(abroad.id, 1)).toEqual([]);
    expect((await currentEvaluator(locale, NOW)).evaluator.names).toEqual(new Set([`${abroad.id}#1`]));
    expect(await segmentsOf(user.id)).toEqual([]);
  });

  test('does not cost its segment the members who are repaired', async () => {
    const india = await ready(INDIA);
    const user = await born({ country: 'IN' });
    await deliverChanges(changeOf(null, user));
    spoil(key.segment(india.id), 'rule');
    connect(table.connection(SHARDS));
    await repair(user.id, locale, NOW);
    expect(edgesOf(india.id, 1)).toEqual([user.id]);
  });

  test('does not cost a user its manual lists when the user is full', async () => {
    const [bad, other] = [await define(null), await define(null)];
    const user = await born({});
    const lists = [`${bad.id}#1`, ...Array.from({ length: 199 }, (_, n) => `seg_gone#${n}`)];
    await users.replace(user, { ...user, revision: 2, lists }, schema, NOW);
    spoil(key.segment(bad.id), 'name');
    await members.add(other.id, await members.resolve([user.id], schema, locale));
    expect((await users.byId(user.id))?.lists).toEqual([`${bad.id}#1`, `${other.id}#1`]);
  });
});

describe('a profile that does not parse is no deleted user', () => {
  test('a walk leaves the edges of the user as they are, and finishes', async () => {
    const india = await ready(INDIA);
    const [bad, good] = [await born({ country: 'IN' }), await born({ country: 'IN' })];
    await deliverChanges(changeOf(null, bad), changeOf(null, good));
    spoil(key.user(bad.id, SHARDS), 'status');
    const again = await define(INDIA);
    await fill(again.id, 1);
    expect(edgesOf(again.id, 1)).toEqual([good.id]);
    expect(edgesOf(india.id, 1)).toEqual([bad.id, good.id]);
    expect(table.unreadable).toContain('user');
  });

  test('its repair fails, so that the message ends in the dead-letter queue', async () => {
    const india = await ready(INDIA);
    const bad = await born({ country: 'IN' });
    await deliverChanges(changeOf(null, bad));
    spoil(key.user(bad.id, SHARDS), 'status');
    await expect(repair(bad.id, locale, NOW)).rejects.toThrow('does not parse');
    expect(edgesOf(india.id, 1)).toEqual([bad.id]);
  });
});
