import { beforeAll, expect, test } from 'vitest';
import { apply } from '../../shared/app/users/bulk.ts';
import { key } from '../../shared/data/keys.ts';
import { connected } from '../../shared/data/table/client.ts';
import { get, put } from '../../shared/data/table/operations.ts';
import { claimOf } from '../../shared/data/users/identifiers.ts';
import * as users from '../../shared/data/users/users.ts';
import type { Applied, Row, Run } from '../../shared/domain/imports/decide.ts';
import { idOf } from '../../shared/domain/imports/decide.ts';
import { schemaOf } from '../../shared/domain/properties/property.ts';
import type { Value } from '../../shared/domain/values/value.ts';
import { startTable } from '../support/table/dynamodb.ts';
import { openLedger } from '../support/table/ledger.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');
const schema = schemaOf([]);

beforeAll(startTable);

let jobs = 0;
const newRun = (more: Partial<Run> = {}): Run => {
  jobs += 1;
  return { job: `imp_${jobs}`, startedAt: NOW, onConflict: 'update', schema, ...more };
};

function row(line: number, properties: Record<string, Value | null>, more: Partial<Row['change']> = {}): Row {
  const given = schema.identifiers.flatMap((field) => {
    const value = properties[field];
    return typeof value === 'string' ? [{ field, value }] : [];
  });
  return { line, change: { properties, ...more }, given };
}

const verdicts = (applied: readonly (Applied | null)[]) => applied.map((one) => one?.verdict);
const people = (name: string, count: number, city: string) =>
  Array.from({ length: count }, (_, n) =>
    row(n + 2, {
      userId: `${name}-${n}`,
      email: `${name}-${n}@example.com`,
      phone: `+1415555${1000 + n}${jobs % 9}`,
      city,
    }),
  );

test('new, changed and unchanged rows cost what they may', async () => {
  const { client } = connected();
  const COUNT = 120;
  const ledger = openLedger(client);
  const spent = async (rows: readonly Row[]) => {
    Object.assign(ledger, { wru: 0, rru: 0 });
    const applied = await apply(rows, newRun(), NOW);
    return { verdicts: new Set(verdicts(applied)), wru: ledger.wru / COUNT, rru: ledger.rru / COUNT };
  };
  const first = people('cost', COUNT, 'Rome');
  expect(await spent(first)).toEqual({ verdicts: new Set(['IMPORTED']), wru: 4, rru: 1.5 });
  const second = first.map((one) => row(one.line, { ...one.change.properties, city: 'Paris' }));
  expect(await spent(second)).toEqual({ verdicts: new Set(['MERGED']), wru: 1, rru: 2.5 });
  expect(await spent(second)).toEqual({ verdicts: new Set(['UNCHANGED']), wru: 0, rru: 2.5 });
  client.middlewareStack.remove('ledger');
});

test('promise 3: rows applied again by the same job are applied once, and keep their verdicts', async () => {
  const run = newRun();
  const rows = people('again', 40, 'Rome');
  expect(new Set(verdicts(await apply(rows, run, NOW)))).toEqual(new Set(['IMPORTED']));
  const before = await users.byIdentifier({ field: 'userId', value: 'again-7' });
  expect(new Set(verdicts(await apply(rows, run, NOW + 60_000)))).toEqual(new Set(['IMPORTED']));
  expect(await users.byIdentifier({ field: 'userId', value: 'again-7' })).toEqual(before);
  const merging = newRun();
  const changed = rows.map((one) => row(one.line, { ...one.change.properties, city: 'Oslo' }));
  expect(new Set(verdicts(await apply(changed, merging, NOW)))).toEqual(new Set(['MERGED']));
  expect(new Set(verdicts(await apply(changed, merging, NOW)))).toEqual(new Set(['MERGED']));
});

test('promise 3: rows applied again after another import wrote the same users are applied once', async () => {
  const first = newRun();
  const rows = people('between', 3, 'Rome');
  expect(new Set(verdicts(await apply(rows, first, NOW)))).toEqual(new Set(['IMPORTED']));
  const other = newRun();
  const moved = rows.map((one) => row(one.line + 10, { userId: one.change.properties.userId ?? null, city: 'Oslo' }));
  expect(new Set(verdicts(await apply(moved, other, NOW)))).toEqual(new Set(['MERGED']));
  expect(new Set(verdicts(await apply(rows, first, NOW)))).toEqual(new Set(['IMPORTED']));
  expect(new Set(verdicts(await apply(moved, other, NOW)))).toEqual(new Set(['MERGED']));
  const after = await users.byIdentifier({ field: 'userId', value: 'between-1' });
  expect(after?.properties.city).toBe('Oslo');
});

test('what an import left is forgotten when it cannot run any more', async () => {
  const DAY = 86_400_000;
  const rows = people('old', 1, 'Rome');
  await apply(rows, newRun(), NOW);
  const marksAfter = async (city: string, now: number) => {
    await apply([row(2, { userId: 'old-0', city })], newRun(), now);
    const { lastRow } = (await users.byIdentifier({ field: 'userId', value: 'old-0' })) ?? {};
    return lastRow?.others?.length ?? 0;
  };
  expect(await marksAfter('Oslo', NOW + DAY)).toBe(1);
  for (const city of ['A', 'B', 'C', 'D', 'E']) await marksAfter(city, NOW + DAY);
  expect(await marksAfter('Bonn', NOW + DAY)).toBe(4);
  expect(await marksAfter('Kyiv', NOW + 2 * DAY + 1)).toBe(0);
});

test('claims of a user who was never made are taken over, and the late commit fails', async () => {
  const dead = newRun();
  const late = row(2, { userId: 'fence-1', email: 'fence@example.com' });
  const id = idOf(late, dead, 0);
  await put(claimOf({ field: 'email', value: 'fence@example.com' }, id));
  const other = row(2, { userId: 'fence-2', email: 'fence@example.com' });
  const [applied] = await apply([other], newRun(), NOW);
  expect(applied?.verdict).toBe('IMPORTED');
  expect(await get(key.user(id, 16))).toMatchObject({ entity: 'void' });
  // The row whose id has a tombstone is resolved again: its e-mail belongs to another user by now.
  const [again] = await apply([late], dead, NOW);
  expect(again).toMatchObject({ verdict: 'FAILED', faults: [{ code: 'identifierTaken' }] });
  expect(await users.byIdentifier({ field: 'userId', value: 'fence-1' })).toBeNull();
});

test('a row whose id has a tombstone gets the next id', async () => {
  const run = newRun();
  const one = row(2, { userId: 'refenced' });
  await put({ ...key.user(idOf(one, run, 0), 16), entity: 'void', format: 1, expiresAt: NOW });
  const [applied] = await apply([one], run, NOW);
  expect(applied).toMatchObject({ verdict: 'IMPORTED', id: idOf(one, run, 1) });
  const [again] = await apply([one], run, NOW);
  expect(again).toEqual(applied);
});

test('claims that an earlier run of the same row left serve the row', async () => {
  const run = newRun();
  const one = row(2, { userId: 'half-made', email: 'half@example.com' });
  await put(claimOf({ field: 'email', value: 'half@example.com' }, idOf(one, run, 0)));
  const [applied] = await apply([one], run, NOW);
  expect(applied).toMatchObject({ verdict: 'IMPORTED', id: idOf(one, run, 0) });
  expect((await users.byIdentifier({ field: 'email', value: 'half@example.com' }))?.id).toBe(idOf(one, run, 0));
});

test('of two imports that race for the same e-mails exactly one user has each', async () => {
  const COUNT = 40;
  const racers = ['left', 'right'].map((side) =>
    Array.from({ length: COUNT }, (_, n) => row(n + 2, { userId: `${side}-${n}`, email: `raced-${n}@example.com` })),
  );
  const runs = [newRun(), newRun()];
  const outcomes = await Promise.all(racers.map((rows, side) => apply(rows, runs[side] ?? newRun(), NOW)));
  for (let n = 0; n < COUNT; n += 1) {
    const pair = outcomes.map((applied) => applied[n]?.verdict);
    expect(pair.toSorted()).toEqual(['FAILED', 'IMPORTED']);
    const owner = await users.byIdentifier({ field: 'email', value: `raced-${n}@example.com` });
    const winner = pair[0] === 'IMPORTED' ? 'left' : 'right';
    expect(owner?.properties.userId).toBe(`${winner}-${n}`);
    // The claims of the row that lost are deleted.
    const loser = row(900 + n, { userId: `${winner === 'left' ? 'right' : 'left'}-${n}` });
    expect(verdicts(await apply([loser], newRun(), NOW))).toEqual(['IMPORTED']);
  }
});

test('two imports of the same file at once make each user once', async () => {
  const rows = people('twice', 60, 'Rome');
  const [one, other] = await Promise.all([apply(rows, newRun(), NOW), apply(rows, newRun(), NOW)]);
  const pairs = rows.map((_, n) => [one[n]?.verdict, other[n]?.verdict].toSorted());
  for (const pair of pairs) expect(pair[0]).toBe('IMPORTED');
  for (const pair of pairs) expect(['MERGED', 'UNCHANGED']).toContain(pair[1]);
});

test('an earlier line that finds a later one on its user is applied last, and says so', async () => {
  const run = newRun();
  await apply([row(2, { userId: 'order-1', email: 'order@example.com' })], newRun(), NOW);
  await apply([row(9, { email: 'order@example.com', city: 'Late' })], run, NOW);
  const [early] = await apply([row(4, { userId: 'order-1', city: 'Early' })], run, NOW);
  expect(early).toMatchObject({ verdict: 'MERGED', notes: [{ code: 'orderNotKept' }] });
  expect((await users.byIdentifier({ field: 'userId', value: 'order-1' }))?.properties.city).toBe('Early');
});

test('a row that moves an identifier of a known user frees the old one', async () => {
  await apply([row(2, { userId: 'move-1', email: 'old@example.com' })], newRun(), NOW);
  const [moved] = await apply([row(2, { userId: 'move-1', email: 'new@example.com' })], newRun(), NOW);
  expect(moved?.verdict).toBe('MERGED');
  expect(await users.byIdentifier({ field: 'email', value: 'old@example.com' })).toBeNull();
  expect(verdicts(await apply([row(2, { userId: 'move-2', email: 'old@example.com' })], newRun(), NOW))).toEqual([
    'IMPORTED',
  ]);
});

test('a known user is skipped, conflicts name both, and a sign-up time is kept', async () => {
  const [first, second] = await apply(
    [row(2, { userId: 'c-1', email: 'c1@example.com' }), row(3, { userId: 'c-2', email: 'c2@example.com' })],
    newRun(),
    NOW,
  );
  const ids = [first, second].map((one) => (one && 'id' in one ? one.id : ''));
  const skipped = await apply([row(2, { userId: 'c-1', city: 'X' })], newRun({ onConflict: 'skip' }), NOW);
  expect(verdicts(skipped)).toEqual(['SKIPPED']);
  const [conflict] = await apply([row(2, { userId: 'c-1', email: 'c2@example.com' })], newRun(), NOW);
  expect(conflict).toMatchObject({ verdict: 'FAILED', faults: [{ code: 'identifierConflict', ids }] });
  const signedUp = row(2, { userId: 'c-1', city: 'Y' }, { signedUpAt: '2020-01-01T00:00:00.000Z' });
  expect(await apply([signedUp], newRun(), NOW)).toMatchObject([
    { verdict: 'MERGED', notes: [{ code: 'signedUpAtKept' }] },
  ]);
});

test('an unknown user id is ignored beside another identifier, and fails a row without one', async () => {
  const unknown = { field: 'id', value: '01JD0000000000000000000000' };
  const withOther = row(2, { userId: 'by-other' });
  const applied = await apply([{ ...withOther, given: [unknown, ...withOther.given] }], newRun(), NOW);
  expect(applied).toMatchObject([{ verdict: 'IMPORTED', notes: [{ code: 'unknownId' }] }]);
  const alone = await apply([{ ...row(3, { city: 'X' }), given: [unknown] }], newRun(), NOW);
  expect(alone).toMatchObject([{ verdict: 'FAILED', faults: [{ code: 'unknownId', field: 'id' }] }]);
});
