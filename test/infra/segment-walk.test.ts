import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { handler as failWalk } from '../../functions/segments/fail-walk.ts';
import { handler as finishWalk } from '../../functions/segments/finish-walk.ts';
import { handler as planWalk } from '../../functions/segments/plan-walk.ts';
import { handler as sweepEdges } from '../../functions/segments/sweep-edges.ts';
import { handler as walkPart } from '../../functions/segments/walk-part.ts';
import { readAssembly } from '../../infra/local/cloudformation/assembly.ts';
import { kinds } from '../../infra/local/cloudformation/kinds.ts';
import { arns } from '../../infra/local/cloudformation/names.ts';
import { type Json, parseJson } from '../../infra/local/process/json.ts';
import { type Definition, readDefinition } from '../../infra/local/step-functions/machine-definition.ts';
import { runMachine } from '../../infra/local/step-functions/machine-run.ts';
import * as edges from '../../shared/data/segments/edges.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { connected } from '../../shared/data/table/client.ts';
import { startBucket } from '../support/deployment/bucket.ts';
import { startDeployment } from '../support/deployment/deployment.ts';
import { withTime } from '../support/jobs/export-run.ts';
import { ABROAD, born, define, INDIA, ready, redefine } from '../support/segments/segment-bench.ts';
import { assemblyOfRun } from '../support/stack/local.ts';

type Handler = (event: unknown, context: ReturnType<typeof withTime>) => Promise<unknown>;

const handlers: Readonly<Record<string, Handler>> = {
  'segments/plan-walk': planWalk,
  'segments/walk-part': walkPart,
  'segments/finish-walk': finishWalk,
  'segments/sweep-edges': sweepEdges,
  'segments/fail-walk': failWalk,
};

/** The synthesized machine, whose tasks name the paths of their functions. */
let machine: Definition;
let storage: Awaited<ReturnType<typeof startBucket>>;
/** The calls of the run, and whether a call is to fail. */
let calls: string[];
let fails: (path: string, input: Json) => boolean;

beforeAll(async () => {
  await startDeployment();
  storage = await startBucket();
  machine = await synthesizedMachine();
}, 180_000);
afterAll(() => storage?.stop());
beforeEach(() => {
  calls = [];
  fails = () => false;
});

async function synthesizedMachine(): Promise<Definition> {
  const [, directory = 'cdk.out'] = await assemblyOfRun();
  const assembly = readAssembly(directory, { api: 'http://127.0.0.1', storage: 'http://127.0.0.1' });
  const walk = assembly.all(kinds.machine).find(({ settings }) => settings.DefinitionString.includes('Walk parts'));
  if (walk === undefined) throw new Error('The assembly has no machine that walks.');
  const paths = new Map(
    assembly.all(kinds.function).map(({ name, settings }) => [arns.function(name), settings.Description ?? '']),
  );
  // The waits before a retry are those of the machine; here they are left out.
  const text = [...paths]
    .reduce((whole, [arn, path]) => whole.replaceAll(arn, path), walk.settings.DefinitionString)
    .replaceAll(/"IntervalSeconds":\d+/g, '"IntervalSeconds":0');
  return readDefinition(text, 'walk', (path) => path in handlers);
}

/** Calls a function as the local Lambda does. A wait between attempts is left out, and recorded in seconds. */
async function invoke(path: string, payload: string) {
  const input = parseJson(payload);
  calls.push(path);
  try {
    if (fails(path, input)) throw Object.assign(new Error('injected'), { name: 'States.Timeout' });
    const output = await handlers[path]?.(input, withTime(900_000));
    return { failed: false, payload: JSON.stringify(output ?? null).replace(/"seconds":\d+/, '"seconds":0') };
  } catch (error) {
    return { failed: true, payload: JSON.stringify({ errorType: error instanceof Error ? error.name : 'Error' }) };
  }
}

async function run(segment: string, version: number): Promise<'SUCCEEDED' | 'FAILED'> {
  const readItems = async (_bucket: string, key: string) => parseJson(String(await storage.bucket.get(key)));
  const { result } = runMachine(
    machine,
    { segment, version, attempt: 1 },
    {},
    { invoke, readItems, refusesChildren: () => null },
  );
  return result.then(
    () => 'SUCCEEDED',
    () => 'FAILED',
  );
}

const callsOf = (path: string) => calls.filter((one) => one === path).length;
const partOf = (input: Json) => (input as { part: number }).part;

test('a walk whose parts all work fills the version, and nothing is tried again', async () => {
  const user = await born({ country: 'IN' });
  const { id } = await define(INDIA);
  expect(await run(id, 1)).toBe('SUCCEEDED');
  expect(await segments.byId(id)).toMatchObject({ live: 1, failure: null });
  expect(await edges.count({ segment: id, ruleVersion: 1 })).toBe(1);
  expect((await edges.ofSegment({ segment: id, ruleVersion: 1, limit: 5, newestFirst: false })).users).toEqual([
    user.id,
  ]);
  expect([callsOf('segments/walk-part'), callsOf('segments/fail-walk')]).toEqual([connected().shards, 0]);
});

test('a part that fails for good is tried again at once, and the walk then succeeds', async () => {
  const { id } = await define(INDIA);
  let failures = 0;
  fails = (path, input) => {
    // A step is repeated three times: what fails four times fails an attempt.
    const isFailing = path === 'segments/walk-part' && partOf(input) === 3 && failures < 8;
    if (isFailing) failures += 1;
    return isFailing;
  };
  expect(await run(id, 1)).toBe('SUCCEEDED');
  expect(await segments.byId(id)).toMatchObject({ live: 1, failure: null });
  expect(callsOf('segments/fail-walk')).toBe(2);
  // The last step is not repeated while a part is missing.
  expect(callsOf('segments/finish-walk')).toBe(3);
});

test('a part that never works fails the segment after the last attempt, and a later run makes it ready', async () => {
  const segment = await ready(INDIA);
  await redefine(segment.id, ABROAD);
  fails = (path, input) => path === 'segments/walk-part' && partOf(input) === 0;
  expect(await run(segment.id, 2)).toBe('FAILED');
  expect(await segments.byId(segment.id)).toMatchObject({ live: 1, failure: { code: 'internal' } });
  expect(callsOf('segments/fail-walk')).toBe(5);
  expect(await edges.count({ segment: segment.id, ruleVersion: 1 })).toBe(1);

  fails = () => false;
  expect(await run(segment.id, 2)).toBe('SUCCEEDED');
  expect(await segments.byId(segment.id)).toMatchObject({ live: 2, failure: null });
  expect(await edges.count({ segment: segment.id, ruleVersion: 1 })).toBe(0);
});

test.each(['segments/plan-walk', 'segments/finish-walk', 'segments/sweep-edges'])(
  'an attempt that fails in %s is followed by another',
  async (path) => {
    const { id } = await define(INDIA);
    let failures = 0;
    fails = (called) => {
      if (called === path) failures += 1;
      return called === path && failures <= 4;
    };
    expect(await run(id, 1)).toBe('SUCCEEDED');
    expect(await segments.byId(id)).toMatchObject({ live: 1, failure: null });
    expect(callsOf('segments/fail-walk')).toBe(1);
  },
);
