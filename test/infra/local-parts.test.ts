import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolve } from '../../infra/local/cloudformation/intrinsics.ts';
import { matches } from '../../infra/local/events/pattern.ts';
import { periodOf } from '../../infra/local/events/rules.ts';
import { findRoute, type Route } from '../../infra/local/http-api/route-table.ts';
import { type BatchPolicy, failedIds, handleInOrder, type SourceRecord } from '../../infra/local/lambda/batch.ts';
import type { FunctionDefinition } from '../../infra/local/lambda/function-definition.ts';
import { startFunctions } from '../../infra/local/lambda/functions.ts';
import { diskCheck } from '../../infra/local/process/disk.ts';
import type { JsonObject } from '../../infra/local/process/json.ts';
import { sleep } from '../../infra/local/process/sleep.ts';
import { runMachine } from '../../infra/local/step-functions/machine-run.ts';

test.each<[string, JsonObject, JsonObject, boolean]>([
  ['a value in the list', { a: ['x', 'y'] }, { a: 'y' }, true],
  ['no value in the list', { a: ['x'] }, { a: 'y' }, false],
  ['a list that shares a value', { a: ['x'] }, { a: ['w', 'x'] }, true],
  ['a nested field', { a: { b: [1] } }, { a: { b: 1 } }, true],
  ['a nested field that is not there', { a: { b: [1] } }, {}, false],
  ['null', { a: [null] }, { a: null }, true],
  ['prefix', { a: [{ prefix: 'in/' }] }, { a: 'in/x' }, true],
  ['one of two prefixes', { a: [{ prefix: 'in/' }, { prefix: 'up/' }] }, { a: 'up/x' }, true],
  ['suffix', { a: [{ suffix: '.csv' }] }, { a: 'x.tsv' }, false],
  ['exists', { a: [{ exists: true }] }, { a: 0 }, true],
  ['exists not', { a: [{ exists: false }] }, {}, true],
  ['anything but', { a: [{ 'anything-but': ['x'] }] }, { a: 'y' }, true],
  ['anything but, on nothing', { a: [{ 'anything-but': ['x'] }] }, {}, false],
  ['anything but a prefix', { a: [{ 'anything-but': { prefix: 'x' } }] }, { a: 'xy' }, false],
  ['case aside', { a: [{ 'equals-ignore-case': 'AbC' }] }, { a: 'aBc' }, true],
  ['a range of numbers', { a: [{ numeric: ['>', 1, '<=', 3] }] }, { a: 3 }, true],
  ['outside a range', { a: [{ numeric: ['>', 1, '<=', 3] }] }, { a: 1 }, false],
  ['either', { $or: [{ a: ['x'] }, { b: ['y'] }] }, { b: 'y' }, true],
])('a pattern with %s', (_, pattern, event, expected) => {
  expect(matches(pattern, event)).toBe(expected);
});

test('template functions come out as their values, and AWS::NoValue takes its property away', () => {
  const scope = {
    ref: (name: string) => (name === 'AWS::NoValue' ? 'AWS::NoValue' : `<${name}>`),
    attribute: (id: string, name: string) => `<${id}.${name}>`,
    imported: (name: string) => `<import ${name}>`,
  };
  const resolved = resolve(
    {
      join: { 'Fn::Join': ['-', ['a', { Ref: 'B' }, { 'Fn::GetAtt': ['C', 'Arn'] }]] },
      sub: { 'Fn::Sub': ['$' + '{A}/$' + '{B.Arn}/$' + '{x}/$' + '{!y}', { x: 'X' }] },
      part: { 'Fn::Select': [1, { 'Fn::Split': [':', { 'Fn::ImportValue': 'a:b' }] }] },
      gone: { Ref: 'AWS::NoValue' },
      list: [{ Ref: 'AWS::NoValue' }, 1],
    },
    scope,
  );
  expect(resolved).toEqual({ join: 'a-<B>-<C.Arn>', sub: '<A>/<B.Arn>/X/$' + '{y}', part: 'b>', list: [1] });
  expect(() => resolve({ 'Fn::FindInMap': [] }, scope)).toThrow('The template function Fn::FindInMap is not known');
});

test('the most exact route wins, and what fits none is the default’s', () => {
  const routes = ['GET /a/{id}', 'GET /a/fixed', 'ANY /b/{rest+}', '$default'].map((key): Route => {
    const [method = '', path = ''] = key.split(' ');
    return { key, method, segments: path.split('/').slice(1), functionArn: '', timeoutMs: 1 };
  });
  const ordered = [...routes].sort((a, b) => Number(b.key.includes('fixed')) - Number(a.key.includes('fixed')));
  const find = (method: string, path: string) => {
    const found = findRoute(ordered, method, path);
    return [found?.route.key, found?.parameters];
  };
  expect(find('GET', '/a/fixed')).toEqual(['GET /a/fixed', {}]);
  expect(find('GET', '/a/x y')).toEqual(['GET /a/{id}', { id: 'x y' }]);
  expect(find('GET', '/a/')).toEqual(['$default', {}]);
  expect(find('GET', '/a/x/')).toEqual(['$default', {}]);
  expect(find('POST', '/a/x')).toEqual(['$default', {}]);
  expect(find('PUT', '/b/c/d')).toEqual(['ANY /b/{rest+}', { rest: 'c/d' }]);
});

test('a rate is a period, anything else is not known', () => {
  expect([periodOf('rate(5 minutes)', 'x'), periodOf('rate(1 hour)', 'x')]).toEqual([300_000, 3_600_000]);
  expect(() => periodOf('cron(* * * * ? *)', 'x')).toThrow('is not known');
});

/** Delivers records 1 to `count` to a function that fails on `bad`; returns the ids of each call, and those given up. */
async function handled(count: number, bad: number[], policy: Partial<BatchPolicy>) {
  const sent: string[] = [];
  const givenUp: string[] = [];
  const records = Array.from(
    { length: count },
    (_, i): SourceRecord => ({ id: String(i + 1), at: 0, event: {}, itemKey: '' }),
  );
  await handleInOrder(records, {
    bisect: false,
    retries: 1,
    maxAgeMs: -1,
    stopping: new AbortController().signal,
    async giveUp(left) {
      givenUp.push(left.map(({ id }) => id).join());
    },
    async invoke(batch) {
      sent.push(batch.map(({ id }) => id).join());
      return batch.some(({ id }) => bad.includes(Number(id))) ? null : [];
    },
    ...policy,
  });
  return { sent, givenUp };
}

test('a batch that bisects leaves only the bad record behind, and keeps the order', async () => {
  expect(await handled(4, [3], { bisect: true })).toEqual({
    sent: ['1,2,3,4', '1,2', '3,4', '3', '3', '4'],
    givenUp: ['3'],
  });
});

test('a batch that does not bisect is given up as a whole after its retries', async () => {
  expect(await handled(3, [2], {})).toEqual({ sent: ['1,2,3', '1,2,3'], givenUp: ['1,2,3'] });
});

test('a partial failure is gone on with from the failed record', async () => {
  const answers = [['2'], ['2'], []];
  const sent: string[] = [];
  const result = await handled(3, [], {
    retries: 5,
    async invoke(batch) {
      sent.push(batch.map(({ id }) => id).join());
      return answers.shift() ?? [];
    },
  });
  expect([sent, result.givenUp]).toEqual([['1,2,3', '2,3', '2,3'], []]);
});

test('records behind a reported one that never succeeds are given up with it, also when the batch bisects', async () => {
  const result = await handled(4, [], {
    bisect: true,
    async invoke(batch) {
      return batch.some(({ id }) => id === '3') ? ['3'] : [];
    },
  });
  expect(result.givenUp).toEqual(['3,4']);
});

test('a record that is too old is given up without another try', async () => {
  expect(await handled(1, [1], { retries: -1, maxAgeMs: 1000 })).toMatchObject({
    givenUp: ['1'],
  });
});

test('an answer without failures is success, one of another shape fails the batch', () => {
  expect(failedIds('null', true)).toEqual([]);
  expect(failedIds('{}', true)).toEqual([]);
  expect(failedIds('{"batchItemFailures":[{"itemIdentifier":"7"}]}', true)).toEqual(['7']);
  expect(failedIds('{"batchItemFailures":[{"wrong":"7"}]}', true)).toBeNull();
  expect(failedIds('{"batchItemFailures":[{"itemIdentifier":"7"}]}', false)).toEqual([]);
});

/** Functions that share one source, and a way to call them. */
function functionsOf(names: string[], source: string) {
  const folder = mkdtempSync(join(tmpdir(), 'roster-test-'));
  const file = join(folder, 'index.mjs');
  writeFileSync(file, source);
  const definitions = names.map((name): FunctionDefinition => {
    const limits = { memory: 64, timeoutMs: 600_000 };
    const session = { credentials: { accessKeyId: '', secretAccessKey: '' }, check: () => null };
    return { ...limits, name, label: name, file, handler: 'handler', environment: {}, deadLetterArn: null, session };
  });
  const functions = startFunctions(definitions, () => {});
  return {
    call: async (name: string, event: unknown = {}) => {
      const definition = functions.find(name);
      if (definition === null) throw new Error(`There is no ${name}.`);
      return functions.invoke(definition, JSON.stringify(event));
    },
    async stop() {
      await functions.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

test('a stop answers every call that waits for a function, also calls that wait for a thread', async () => {
  const { call, stop } = functionsOf(['endless'], 'export const handler = () => new Promise(() => {});');
  const calls = Array.from({ length: 20 }, () => call('endless'));
  await stop();
  const answers = await Promise.all(calls);
  expect(answers.map(({ failed }) => failed)).toEqual(calls.map(() => true));
});

test('idle threads of one function give way to another that has none, at the limit of the machine', async () => {
  const names = Array.from({ length: 60 }, (_, i) => `f${i}`);
  const hangs = 'export const handler = (wait) => (wait === true ? new Promise(() => {}) : "done");';
  const { call, stop } = functionsOf(names, hangs);
  // 37 threads are busy for ever, and 11 wait for calls of their own functions.
  for (const name of names.slice(0, 37)) void call(name, true);
  for (const name of names.slice(37, 48)) await call(name);
  expect(await call('f59')).toMatchObject({ payload: '"done"' });
  await stop();
});

test('threads that ended while they were idle are replaced', async () => {
  const dies = 'export const handler = () => { setTimeout(() => process.exit(1)); return "done"; };';
  const { call, stop } = functionsOf(['dying'], dies);
  for (let i = 0; i < 20; i++) expect((await call('dying')).payload).toMatch(/done|ended its process/);
  await stop();
});

test('a full disk is reported once, and again after it had space', () => {
  let free = 500e6;
  let warnings = 0;
  const check = diskCheck(
    () => free,
    () => {
      warnings += 1;
    },
  );
  const after = [500e6, 1e6, 0, 500e6, 0].map((bytes) => {
    free = bytes;
    check();
    return warnings;
  });
  expect(after).toEqual([0, 1, 1, 1, 2]);
});

test('a wait ends when the stack stops', async () => {
  const stop = new AbortController();
  const waiting = sleep(2 ** 30, stop.signal);
  stop.abort();
  expect(await waiting).toBeUndefined();
});

test('a Map takes up no more items once its execution has ended', async () => {
  const started: string[] = [];
  const task = { Type: 'Task', Resource: 'arn:part', End: true };
  const machine = {
    StartAt: 'Parts',
    States: {
      Parts: {
        Type: 'Map',
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'Part', States: { Part: task } },
        MaxConcurrency: 1,
        ToleratedFailurePercentage: 100,
        End: true,
      },
    },
  };
  const first = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<{ failed: boolean; payload: string }>();
  const run = runMachine(
    machine,
    ['a', 'b', 'c'],
    {},
    {
      async invoke(_, payload) {
        started.push(payload);
        first.resolve();
        return answer.promise;
      },
      readItems: async () => [],
      refusesChildren: () => null,
    },
  );
  await first.promise;
  run.abort();
  await expect(run.result).rejects.toThrow();
  answer.resolve({ failed: false, payload: 'null' });
  // If the Map went on, it would do so in the next turns of the event loop.
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  expect(started).toEqual(['"a"']);
});

test('the items of a Map do not run where their machine may not run them', async () => {
  const task = { Type: 'Task', Resource: 'arn:part', End: true };
  const ItemProcessor = { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'Part', States: { Part: task } };
  const machine = { StartAt: 'Parts', States: { Parts: { Type: 'Map', ItemProcessor, End: true } } };
  const around = {
    invoke: () => Promise.reject(new Error('is not called')),
    readItems: async () => [],
    refusesChildren: () => 'is not authorized to perform: states:StartExecution',
  };
  const { result } = runMachine(machine, ['a'], {}, around);
  await expect(result).rejects.toMatchObject({ cause: { name: 'States.Permissions' } });
});
