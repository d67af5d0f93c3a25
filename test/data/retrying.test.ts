import { beforeEach, describe, expect, test, vi } from 'vitest';
import * as members from '../../shared/app/segments/members.ts';
import { repair } from '../../shared/app/segments/repair.ts';
import * as userWrites from '../../shared/app/users/writes.ts';
import * as idempotency from '../../shared/data/access/idempotency.ts';
import * as rates from '../../shared/data/access/rates.ts';
import { key } from '../../shared/data/keys.ts';
import { connect } from '../../shared/data/table/client.ts';
import { isOutage } from '../../shared/data/table/outage.ts';
import { AGAIN, Busy, retrying } from '../../shared/data/table/retrying.ts';
import * as users from '../../shared/data/users/users.ts';
import type { Profile } from '../../shared/domain/users/user.ts';
import {
  born,
  changeOf,
  define,
  deliverChanges,
  INDIA,
  locale,
  NOW,
  ready,
  redefine,
  schema,
} from '../support/segments/segment-bench.ts';
import { FakeTable } from '../support/table/fake-table.ts';

vi.mock('../../shared/data/table/back-off.ts', () => ({ backOff: vi.fn(async () => {}) }));

describe('an attempt', () => {
  test('that meets a conflict is repeated until it succeeds', async () => {
    const answers = [AGAIN, AGAIN, 'done'] as const;
    expect(await retrying('a test', async (count) => answers[count - 1] ?? 'never')).toBe('done');
  });

  test('that never succeeds ends as busy, which may be tried again later', async () => {
    let attempts = 0;
    const error = await retrying('a test', async () => {
      attempts += 1;
      return AGAIN;
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Busy);
    expect(isOutage(error)).toBe(true);
    expect(attempts).toBe(15);
  });

  test('that fails is not repeated', async () => {
    let attempts = 0;
    const attempt = async () => {
      attempts += 1;
      throw new TypeError('a bug');
    };
    await expect(retrying('a test', attempt)).rejects.toThrow(TypeError);
    expect(attempts).toBe(1);
  });
});

describe('a call that meets a conflict in each attempt gives up as busy:', () => {
  let table: FakeTable;
  let user: Profile;

  beforeEach(async () => {
    table = new FakeTable();
    connect(table.connection(1));
    user = await born({ country: 'IN' });
  });

  function raise(at: { PK: string; SK: string }, attribute: string): void {
    const name = `${at.PK}\n${at.SK}`;
    const item = table.items.get(name);
    if (item) table.items.set(name, { ...item, [attribute]: Number(item[attribute]) + 1 });
  }

  /** Writes an item before each call of this kind, as another process would. */
  function beforeEvery(operation: string, at: { PK: string; SK: string }, attribute: string): void {
    table.gate = async ({ name }) => {
      if (name === operation) raise(at, attribute);
    };
  }

  const definitions = key.segmentsVersion();
  const profile = () => key.user(user.id, 1);

  test('a change of a segment', async () => {
    const { id } = await define(INDIA);
    beforeEvery('TransactWriteItems', definitions, 'version');
    await expect(redefine(id, { not: INDIA })).rejects.toThrow(Busy);
  });

  test('a batch of the stream', async () => {
    await ready(INDIA);
    beforeEvery('BatchWriteItem', definitions, 'version');
    await expect(deliverChanges(changeOf(null, user))).rejects.toThrow(Busy);
  });

  test('a repair', async () => {
    await ready(INDIA);
    beforeEvery('BatchWriteItem', definitions, 'version');
    await expect(repair(user.id, locale, NOW)).rejects.toThrow(Busy);
  });

  test('a write of memberships outside the stream', async () => {
    const { id } = await define(null);
    const named = await members.resolve([user.id], schema, locale);
    beforeEvery('BatchWriteItem', profile(), 'revision');
    await expect(members.replace(id, named, NOW)).rejects.toThrow(Busy);
  });

  test('a new member of a list', async () => {
    const { id } = await define(null);
    const named = await members.resolve([user.id], schema, locale);
    beforeEvery('PutItem', profile(), 'revision');
    await expect(members.add(id, named)).rejects.toThrow(Busy);
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'a change of a user',
      () => {
        beforeEvery('PutItem', profile(), 'revision');
        const change = { properties: { city: 'Pune' } };
        return userWrites.update({ kind: 'id', id: user.id }, change, schema, NOW, () => {});
      },
    ],
    [
      'the deletion of a user',
      () => {
        beforeEvery('TransactWriteItems', profile(), 'revision');
        return userWrites.remove({ kind: 'id', id: user.id }, NOW, () => {});
      },
    ],
  ])('%s', async (_, write) => {
    await expect(write()).rejects.toThrow(Busy);
    expect(await users.byId(user.id)).not.toBeNull();
  });

  test('a lease of requests', async () => {
    // The account rests again before each write that begins it, and is begun by others before that arrives.
    let now = NOW;
    table.gate = async ({ name }) => {
      const paidUntil = name === 'PutItem' ? now + 1_000_000 : 0;
      table.items.set(`${key.rate('k').PK}\nRATE`, { ...key.rate('k'), paidUntil });
      now += 1;
    };
    await expect(rates.lease('k', 1, { perSecond: 1, burst: 1 }, () => now)).rejects.toThrow(Busy);
  });

  test('an idempotent call whose record expires before it is read', async () => {
    const at = `${key.idempotency('call').PK}\nIDEMPOTENT`;
    table.gate = async ({ name }) => {
      if (name === 'PutItem') table.items.set(at, { ...key.idempotency('call'), expiresAt: NOW });
      else table.items.delete(at);
    };
    await expect(idempotency.begin('call', 'body', NOW)).rejects.toThrow(Busy);
  });
});
