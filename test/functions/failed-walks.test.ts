import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handler as sweep } from '../../functions/jobs/sweep.ts';
import { handler as create } from '../../functions/segments/create.ts';
import { handler as failWalk } from '../../functions/segments/fail-walk.ts';
import { handler as finishWalk } from '../../functions/segments/finish-walk.ts';
import { handler as get } from '../../functions/segments/get.ts';
import { handler as listUsers } from '../../functions/segments/list-users.ts';
import { handler as planWalk } from '../../functions/segments/plan-walk.ts';
import { handler as update } from '../../functions/segments/update.ts';
import { handler as walkPart } from '../../functions/segments/walk-part.ts';
import { key as keyIn, shardOf } from '../../shared/data/keys.ts';
import { positionOf } from '../../shared/data/segments/walks.ts';
import { writeMany } from '../../shared/data/table/batches.ts';
import { connected } from '../../shared/data/table/client.ts';
import { update as updateItem } from '../../shared/data/table/operations.ts';
import { profileItem } from '../../shared/data/users/profile-item.ts';
import { entropyOf, ulid } from '../../shared/domain/id.ts';
import { startBucket } from '../support/deployment/bucket.ts';
import { keyWith, send, startDeployment } from '../support/deployment/deployment.ts';
import { startMachines, withTime } from '../support/jobs/export-run.ts';
import { born, NOW } from '../support/segments/segment-bench.ts';

let key: string;
let machines: Awaited<ReturnType<typeof startMachines>>;
let storage: Awaited<ReturnType<typeof startBucket>>;

beforeAll(async () => {
  await startDeployment({ IMPORT_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:import' });
  machines = await startMachines();
  storage = await startBucket();
  key = await keyWith('segments:read', 'segments:write', 'users:read');
});
afterAll(() => storage.stop());

const inTime = withTime(900_000);

const rule = (country: string) => ({ field: 'country', op: 'is', value: country });

async function created(country: string): Promise<string> {
  const { body } = await send(create, 'POST /v1/segments', {
    key,
    body: { name: 'Walked', kind: 'dynamic', rule: rule(country) },
  });
  return String(body.id);
}

const read = async (id: string) => (await send(get, 'GET /v1/segments/{id}', { key, params: { id } })).body;
const patch = async (id: string, body: unknown) =>
  (await send(update, 'PATCH /v1/segments/{id}', { key, params: { id }, body })).body;
const idsIn = async (id: string) => {
  const { body } = await send(listUsers, 'GET /v1/segments/{id}/users', { key, params: { id } });
  return (body.data as { id: string }[]).map((user) => user.id);
};

async function walkShards(segment: string, version: number): Promise<void> {
  for (let part = 0; part < connected().shards; part += 1) await walkPart({ segment, version, part }, inTime);
}

/** Reports the failure of an attempt as the workflow does. */
const fail = (segment: string, version: number, attempt: number) =>
  failWalk({ segment, version, attempt, error: 'States.Timeout' }, inTime);

/** Fails every attempt of a run, and returns the waits between them, in seconds. */
async function giveUp(segment: string, version: number): Promise<number[]> {
  const waits: number[] = [];
  for (let attempt = 1; ; ) {
    const next = await fail(segment, version, attempt);
    if (!next.again) return waits;
    waits.push(next.seconds);
    attempt = next.attempt;
  }
}

describe('a part', () => {
  /** Stores so many users of a country in the first shard. */
  async function fillShard(count: number, country: string): Promise<void> {
    const like = await born({ country });
    const { shards } = connected();
    const ids: string[] = [];
    for (let n = 0; ids.length < count; n += 1) {
      const id = ulid(NOW + 1_000_000 + n, entropyOf(country, n));
      if (shardOf(id, shards) === 0) ids.push(id);
    }
    await writeMany(ids.map((id) => profileItem({ ...like, id, properties: { userId: id, country } })));
  }

  test('with little time left walks one page, leaves its position, and goes on in its next run', async () => {
    await fillShard(600, 'IS');
    const id = await created('IS');
    const positions: unknown[] = [];
    for (let runs = 1, done = false; !done && runs <= 10; runs += 1) {
      ({ done } = await walkPart({ segment: id, version: 1, part: 0 }, withTime(1_000)));
      positions.push((await positionOf(id, 1, 0)).after);
    }
    expect(positions).toHaveLength(3);
    expect(positions).toEqual([...new Set(positions)]);
    expect(positions.at(-1)).toBeNull();
    await walkShards(id, 1);
    await finishWalk({ segment: id, version: 1 }, inTime);
    expect((await read(id)).memberCount).toBe(601);
  });

  test('with time left walks all pages in one run', async () => {
    await fillShard(300, 'NO');
    const id = await created('NO');
    expect(await walkPart({ segment: id, version: 1, part: 0 }, inTime)).toEqual({ done: true });
  });
});

describe('a walk that failed', () => {
  test('is tried again at once, after waits that grow, with the attempt counted through the workflow', async () => {
    const id = await created('DK');
    expect(JSON.parse(machines.started.at(-1)?.input ?? '')).toEqual({ segment: id, version: 1, attempt: 1 });
    const second = await fail(id, 1, 1);
    expect(second).toEqual({ segment: id, version: 1, attempt: 2, again: true, seconds: 2 });
    expect(await planWalk(second, inTime)).toMatchObject({ segment: id, version: 1, attempt: 2, current: true });
    expect(await giveUp(id, 1)).toEqual([2, 8, 32, 128]);
  });

  test('is unfinished while a shard was not walked to its end, and no repetition of the last step mends that', async () => {
    const id = await created('DK');
    await walkPart({ segment: id, version: 1, part: 0 }, inTime);
    await expect(finishWalk({ segment: id, version: 1 }, inTime)).rejects.toMatchObject({ name: 'UnfinishedWalk' });
  });

  test('leaves the segment evaluating until the last attempt', async () => {
    const id = await created('DK');
    await fail(id, 1, 4);
    expect(await read(id)).toMatchObject({ state: 'evaluating', progress: 0, version: 1 });
  });

  test('and is given up leaves a new segment failed, with no members, and a new version of it', async () => {
    const user = await born({ country: 'SE' });
    const id = await created('SE');
    await giveUp(id, 1);
    const shown = await read(id);
    expect(shown).toMatchObject({
      state: 'failed',
      failure: { code: 'internal', detail: expect.stringContaining('not in the rule') },
      memberCount: null,
      version: 2,
    });
    expect(shown).not.toHaveProperty('progress');
    expect(await idsIn(id)).toEqual([]);

    await giveUp(id, 1);
    expect((await read(id)).version).toBe(2);

    // The sweep starts it again.
    await walkShards(id, 1);
    await finishWalk({ segment: id, version: 1 }, inTime);
    const ready = await read(id);
    expect(ready).toMatchObject({ state: 'ready', memberCount: 1, version: 3 });
    expect(ready).not.toHaveProperty('failure');
    expect(await idsIn(id)).toEqual([user.id]);
  });

  test('and is given up leaves the old members of a segment whose rule changed; another rule evaluates anew', async () => {
    const [old, young] = [await born({ country: 'FI' }), await born({ country: 'EE' })];
    const id = await created('FI');
    await walkShards(id, 1);
    await finishWalk({ segment: id, version: 1 }, inTime);
    await patch(id, { rule: rule('LV') });
    await giveUp(id, 2);
    expect(await read(id)).toMatchObject({ state: 'failed', memberCount: 1, rule: rule('LV') });
    expect(await idsIn(id)).toEqual([old.id]);
    expect(await patch(id, { name: 'Renamed' })).toMatchObject({ state: 'failed' });

    const changed = await patch(id, { rule: rule('EE') });
    expect(changed).toMatchObject({ state: 'evaluating', progress: 0 });
    expect(changed).not.toHaveProperty('failure');
    expect(machines.started.at(-1)?.name).toBe(`${id}-3`);
    await walkShards(id, 3);
    await finishWalk({ segment: id, version: 3 }, inTime);
    expect(await read(id)).toMatchObject({ state: 'ready', memberCount: 1 });
    expect(await idsIn(id)).toEqual([young.id]);
  });

  test('says nothing of a segment that has a newer rule, is ready, or was deleted', async () => {
    const id = await created('LT');
    await patch(id, { rule: rule('PL') });
    await giveUp(id, 1);
    expect(await read(id)).toMatchObject({ state: 'evaluating' });
    await walkShards(id, 2);
    await finishWalk({ segment: id, version: 2 }, inTime);
    await giveUp(id, 2);
    expect(await read(id)).toMatchObject({ state: 'ready' });
    expect(await giveUp('seg_gone', 1)).toHaveLength(4);
  });
});

describe('the sweep', () => {
  /** Moves the work on a segment's first version into the past, as far as the sweep can see. */
  const aged = (id: string, ms: number) =>
    updateItem(keyIn.segmentWork(id, 1), {
      expression: 'SET takenUpAt = :then',
      values: { ':then': Date.now() - ms },
    });
  const runsOf = (id: string) => machines.started.filter(({ name }) => name.startsWith(id)).map(({ name }) => name);

  test('starts a walk again whose run failed, within minutes, and leaves one that runs', async () => {
    const id = await created('BE');
    await aged(id, 3 * 60_000);
    await sweep({}, inTime);
    expect(runsOf(id)).toEqual([`${id}-1`]);

    machines.end('FAILED');
    await sweep({}, inTime);
    expect(runsOf(id)).toEqual([`${id}-1`, `${id}-1-1`]);
    expect(JSON.parse(machines.started.at(-1)?.input ?? '')).toEqual({ segment: id, version: 1, attempt: 1 });

    machines.end('FAILED');
    await sweep({}, inTime);
    expect(runsOf(id)).toHaveLength(2);
  });
});
