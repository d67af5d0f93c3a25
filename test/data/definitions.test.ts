import { beforeEach, expect, test } from 'vitest';
import { currentEvaluator } from '../../shared/app/segments/definitions.ts';
import * as writes from '../../shared/app/segments/writes.ts';
import { changedSince } from '../../shared/data/segments/definitions-version.ts';
import { connect } from '../../shared/data/table/client.ts';
import type { Rule } from '../../shared/domain/rules/rule.ts';
import { define, locale, NOW, redefine } from '../support/segments/segment-bench.ts';
import { FakeTable } from '../support/table/fake-table.ts';

const RULE: Rule = { field: 'country', op: 'is', value: 'IN' };

let table: FakeTable;
const asked: string[] = [];

beforeEach(() => {
  table = new FakeTable();
  connect(table.connection(2));
  table.gate = async ({ name }) => void asked.push(name);
});

/** The result of a read of the definitions, and the commands that it sends. */
async function look(): Promise<{ names: readonly string[]; commands: readonly string[] }> {
  asked.splice(0);
  const { evaluator } = await currentEvaluator(locale, NOW);
  return { names: [...evaluator.names].sort(), commands: [...new Set(asked)] };
}

test('a check of unchanged definitions is one read', async () => {
  await define(RULE);
  await look();
  expect((await look()).commands).toEqual(['GetItem']);
});

test('after a change only what changed is read', async () => {
  const first = await define(RULE);
  await look();
  const second = await define(null);
  await redefine(first.id, { not: RULE });
  const { names, commands } = await look();
  expect(names).toEqual([`${first.id}#2`, `${second.id}#1`].sort());
  expect(commands).toEqual(['GetItem', 'BatchGetItem']);
});

test('a deleted segment is not evaluated any more', async () => {
  const { id } = await define(RULE);
  expect((await look()).names).toEqual([`${id}#1`]);
  await writes.change(id, () => null, NOW);
  expect((await look()).names).toEqual([]);
});

test('a process that missed a hundred changes reads everything', async () => {
  const all = [await define(RULE)];
  await look();
  for (let n = 0; n < 101; n += 1) all.push(await define(RULE));
  const { names, commands } = await look();
  expect(names).toEqual(all.map(({ id }) => `${id}#1`).sort());
  expect(commands).toContain('Query');
});

test('a version gives the segments that raised it since another one, or says that it is too long ago', () => {
  const version = { version: 9, recent: ['a', 'b', 'a'] };
  expect(changedSince(9, version)).toEqual([]);
  expect(changedSince(7, version)).toEqual(['b', 'a']);
  expect(changedSince(6, version)).toEqual(['a', 'b']);
  expect(changedSince(5, version)).toBeNull();
  expect(changedSince(10, version)).toBeNull();
});
