import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apply } from '../../shared/app/users/bulk.ts';
import { connect } from '../../shared/data/table/client.ts';
import { readProfile } from '../../shared/data/users/profile-item.ts';
import type { Applied, Row, Run } from '../../shared/domain/imports/decide.ts';
import { chainsOf, nextBatch } from '../../shared/domain/imports/repeats.ts';
import { schemaOf } from '../../shared/domain/properties/property.ts';
import type { Profile } from '../../shared/domain/users/user.ts';
import { FakeTable } from '../support/table/fake-table.ts';

const NOW = Date.parse('2026-01-31T09:30:00.000Z');
const schema = schemaOf([]);
const tags = (from: number, count: number) => Array.from({ length: count }, (_, n) => `tag-${from + n}`);

type Cells = {
  readonly ids: Readonly<Record<string, string | null>>;
  readonly city: string;
  readonly list: { readonly mode: 'merge' | 'replace'; readonly values: readonly string[] } | null;
};

const oneOf = (prefix: string, count: number) =>
  fc.option(
    fc.nat(count - 1).map((n) => `${prefix}${n}`),
    { nil: null, freq: 2 },
  );
const cells: fc.Arbitrary<Cells> = fc.record({
  ids: fc
    .record({ userId: oneOf('u', 4), email: oneOf('e', 4), phone: oneOf('+1415555010', 3) })
    .filter((ids) => Object.values(ids).some((value) => value !== null)),
  city: fc.constantFrom('Rome', 'Oslo', 'Lima'),
  // Some rows have too many tags, alone or together with earlier rows: faults that a later write may remove.
  list: fc.option(
    fc.record({
      mode: fc.constantFrom('merge' as const, 'replace' as const),
      values: fc.constantFrom(tags(0, 1), tags(0, 60), tags(60, 60), tags(0, 101)),
    }),
    { nil: null, freq: 1 },
  ),
});

function rowsOf(all: readonly Cells[]): readonly Row[] {
  return all.map(({ ids, city, list }, n) => {
    const given = schema.identifiers.flatMap((field) => {
      const value = ids[field];
      return typeof value === 'string' ? [{ field, value }] : [];
    });
    const own = Object.fromEntries(given.map(({ field, value }) => [field, value]));
    return { line: n + 2, change: { properties: { ...own, city }, ...(list && { tags: list }) }, given };
  });
}

/** A table with users whom an earlier import created. */
async function tableWith(known: readonly string[]): Promise<FakeTable> {
  const table = new FakeTable();
  connect(table.connection(4));
  const rows = rowsOf(known.map((userId) => ({ ids: { userId }, city: 'Bern', list: null })));
  await apply(rows, { job: 'imp_before', startedAt: NOW, onConflict: 'update', schema }, NOW);
  return table;
}

/** All users in a table, without the marks of imports. */
const everybodyIn = (table: FakeTable) =>
  table
    .under('USERS#')
    .flatMap((item): readonly Profile[] => {
      const profile = readProfile(item);
      return profile ? [{ ...profile, lastRow: null }] : [];
    })
    .toSorted((a, b) => a.id.localeCompare(b.id));

type Outcomes = Map<number, Applied>;

async function oneByOne(rows: readonly Row[], run: Run): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  for (const row of rows) {
    const [applied] = await apply([row], run, NOW);
    if (applied) outcomes.set(row.line, applied);
  }
  return outcomes;
}

/**
 * Applies rows batch by batch, as the step for repeats does, and keeps the outcomes of each batch before the next. `before`
 * may run a batch once more, ahead of the run whose outcomes are kept.
 */
async function byChains(
  rows: readonly Row[],
  run: Run,
  ofChain: number,
  before: (batch: () => Promise<unknown>) => Promise<void> = async () => {},
): Promise<Outcomes> {
  const chains = chainsOf(rows);
  const outcomes: Outcomes = new Map();
  let rest = rows.map((row, index) => ({ row, chain: chains[index] ?? 0 }));
  while (rest.length > 0) {
    const batch = nextBatch(rest, { rows: 12, ofChain });
    const applied = () =>
      apply(
        batch.map(({ row }) => row),
        run,
        NOW,
        batch.map(({ chain }) => chain),
      );
    await before(applied);
    const results = await applied();
    for (const [index, { row }] of batch.entries()) {
      const one = results[index];
      if (one) outcomes.set(row.line, one);
    }
    const left = rest.length;
    rest = rest.filter(({ row }) => !outcomes.has(row.line));
    expect(rest.length).toBeLessThan(left);
  }
  return outcomes;
}

/** Outcomes without `userId`: a row that clears the company's id of a user does not find it the second time. */
const withoutUserId = (outcomes: Outcomes) =>
  new Map([...outcomes].map(([line, applied]) => [line, { ...applied, userId: null }]));

/** Runs a batch that ends, or dies after so many commands, and whose result is not saved. */
function dies(table: FakeTable, after: number): (batch: () => Promise<unknown>) => Promise<void> {
  let left = after;
  return async (batch) => {
    table.gate = async () => {
      left -= 1;
      if (left < 0) throw new Error('died');
    };
    await batch().catch(() => null);
    // Every call that was under way fails.
    await new Promise((resolve) => setImmediate(resolve));
    table.gate = async () => {};
    left = after;
  };
}

const settings = {
  rows: fc.array(cells, { minLength: 1, maxLength: 24 }).map(rowsOf),
  known: fc.subarray(['u0', 'u1']),
  onConflict: fc.constantFrom('update' as const, 'replace' as const, 'skip' as const),
  ofChain: fc.constantFrom(1, 2, 5, 12),
};

test('rows of chains have the same outcomes as rows that are applied one by one, in the order of the file', async () => {
  await fc.assert(
    fc.asyncProperty(fc.record(settings), async ({ rows, known, onConflict, ofChain }) => {
      const run: Run = { job: 'imp_chains', startedAt: NOW, onConflict, schema };
      const single = await tableWith(known);
      const expected = await oneByOne(rows, run);
      const table = await tableWith(known);
      expect(await byChains(rows, run, ofChain)).toEqual(expected);
      expect(everybodyIn(table)).toEqual(everybodyIn(single));
    }),
    { numRuns: 400 },
  );
});

test('a batch of chains that dies at any call and is applied again keeps every verdict', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ ...settings, calls: fc.nat(80) }),
      async ({ rows, known, onConflict, ofChain, calls }) => {
        const run: Run = { job: 'imp_chains', startedAt: NOW, onConflict, schema };
        const single = await tableWith(known);
        const expected = await oneByOne(rows, run);
        const table = await tableWith(known);
        const outcomes = await byChains(rows, run, ofChain, dies(table, calls));
        expect(withoutUserId(outcomes)).toEqual(withoutUserId(expected));
        expect(everybodyIn(table)).toEqual(everybodyIn(single));
      },
    ),
    { numRuns: 800 },
  );
});

test('a user whom many rows name is written once a batch', async () => {
  const table = await tableWith(['u0']);
  const writes: string[] = [];
  table.onChange = ({ after }) => writes.push(String(after?.PK).replace(/#.*/, ''));
  const named = Array.from({ length: 50 }, (_, n) => ({ ids: { userId: 'u0' }, city: `City ${n}`, list: null }));
  const placeholder = Array.from({ length: 50 }, (_, n) => ({
    ids: { userId: `p${n}`, phone: '+14155550100' },
    city: 'Rome',
    list: null,
  }));
  const rows = rowsOf([...named, ...placeholder]);
  const run: Run = { job: 'imp_hot', startedAt: NOW, onConflict: 'update', schema };
  const outcomes = await byChainsInOne(rows, run);
  expect(outcomes.map((one) => one?.verdict)).toEqual([
    ...named.map(() => 'MERGED'),
    'IMPORTED',
    ...placeholder.slice(1).map(() => 'FAILED'),
  ]);
  expect(writes.toSorted()).toEqual(['ID', 'ID', 'USERS', 'USERS']);
  expect(await byChainsInOne(rows, run)).toEqual(outcomes);
  expect(writes).toHaveLength(4);
});

const byChainsInOne = (rows: readonly Row[], run: Run) => apply(rows, run, NOW, chainsOf(rows));

test('a row that would remove the fault of an earlier one waits for the next batch', async () => {
  await tableWith(['u0']);
  const list = (mode: 'merge' | 'replace', from: number, count: number) => ({ mode, values: tags(from, count) });
  const ids = { userId: 'u0' };
  const rows = rowsOf([
    { ids, city: 'Rome', list: list('merge', 0, 60) },
    { ids, city: 'Rome', list: list('merge', 60, 60) },
    { ids, city: 'Rome', list: list('replace', 0, 1) },
  ]);
  const run: Run = { job: 'imp_mended', startedAt: NOW, onConflict: 'update', schema };
  const verdicts = (outcomes: readonly (Applied | null)[]) => outcomes.map((one) => one?.verdict ?? null);
  expect(verdicts(await byChainsInOne(rows, run))).toEqual(['MERGED', null, null]);
  expect(verdicts(await byChainsInOne(rows.slice(1), run))).toEqual(['FAILED', null]);
  expect(verdicts(await byChainsInOne(rows.slice(2), run))).toEqual(['MERGED']);
});
