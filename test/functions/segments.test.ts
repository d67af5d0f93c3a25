import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { handler as getProperty } from '../../functions/properties/get.ts';
import { handler as addMembers } from '../../functions/segments/add-members.ts';
import { handler as create } from '../../functions/segments/create.ts';
import { handler as erase } from '../../functions/segments/delete.ts';
import { handler as get } from '../../functions/segments/get.ts';
import { handler as list } from '../../functions/segments/list.ts';
import { handler as listUsers } from '../../functions/segments/list-users.ts';
import { handler as preview } from '../../functions/segments/preview.ts';
import { handler as removeMember } from '../../functions/segments/remove-member.ts';
import { handler as removeMembers } from '../../functions/segments/remove-members.ts';
import { handler as repairUser } from '../../functions/segments/repair-user.ts';
import { handler as replaceMembers } from '../../functions/segments/replace-members.ts';
import { handler as update } from '../../functions/segments/update.ts';
import { handler as getUser } from '../../functions/users/get.ts';
import { key as keyOf } from '../../shared/data/keys.ts';
import * as schemas from '../../shared/data/schema.ts';
import * as segments from '../../shared/data/segments/segments.ts';
import { writeMany } from '../../shared/data/table/batches.ts';
import { stamped } from '../../shared/data/table/items.ts';
import * as stored from '../../shared/data/users/users.ts';
import { newDefinition } from '../../shared/domain/segments/definition.ts';
import { startBucket } from '../support/deployment/bucket.ts';
import { type Got, keyWith, type Sent, send, startDeployment } from '../support/deployment/deployment.ts';
import { endpointOf } from '../support/deployment/endpoint.ts';
import { startMachines } from '../support/jobs/export-run.ts';
import { born, INDIA } from '../support/segments/segment-bench.ts';
import { deliverRecords, record, runWalk } from '../support/segments/segment-run.ts';

let key: string;
let machines: Awaited<ReturnType<typeof startMachines>>;
let storage: Awaited<ReturnType<typeof startBucket>>;
const repairs: string[] = [];

const md5 = (text: string) => createHash('md5').update(text).digest('hex');

/** A queue that remembers what it was sent. */
async function startQueue(): Promise<void> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      const entries: { Id: string; MessageBody: string }[] = JSON.parse(body).Entries;
      repairs.push(...entries.map(({ MessageBody }) => MessageBody));
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(
        JSON.stringify({
          Successful: entries.map(({ Id, MessageBody }) => ({ Id, MessageId: Id, MD5OfMessageBody: md5(MessageBody) })),
        }),
      );
    });
  });
  const endpoint = await endpointOf(server);
  Object.assign(process.env, { AWS_ENDPOINT_URL_SQS: endpoint, REPAIR_QUEUE: `${endpoint}/000000000000/repairs` });
}

beforeAll(async () => {
  await startDeployment({ SEGMENT_WALK_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:segment-walk' });
  machines = await startMachines();
  storage = await startBucket();
  await startQueue();
  key = await keyWith('segments:read', 'segments:write', 'users:read');
});
afterAll(() => storage.stop());
beforeEach(() => repairs.splice(0));

const post = (body: unknown, more: Sent = {}) => send(create, 'POST /v1/segments', { key, body, ...more });
const read = (id: string, more: Sent = {}) => send(get, 'GET /v1/segments/{id}', { key, params: { id }, ...more });
const patch = (id: string, body: unknown, more: Sent = {}) =>
  send(update, 'PATCH /v1/segments/{id}', { key, params: { id }, body, ...more });
const remove = (id: string, more: Sent = {}) =>
  send(erase, 'DELETE /v1/segments/{id}', { key, params: { id }, ...more });
const usersIn = (id: string, query = '') =>
  send(listUsers, 'GET /v1/segments/{id}/users', { key, params: { id }, query });

const codes = (body: Record<string, unknown>) =>
  (body.errors as { pointer?: string; parameter?: string; code: string }[]).map(
    ({ pointer, parameter, code }) => `${pointer ?? parameter} ${code}`,
  );

const ready = async (rule: unknown = INDIA): Promise<string> => {
  const { body } = await post({ name: 'Ready', kind: 'dynamic', rule });
  await runWalk(storage.bucket, String(body.id), 1);
  return String(body.id);
};

describe('making a segment', () => {
  test('answers 201, a Location, an ETag, the segment, and starts its walk', async () => {
    const got = await post({ name: ' Pro ', kind: 'dynamic', rule: INDIA, columns: ['email', 'signedUpAt'] });
    expect(got.status).toBe(201);
    expect(got.headers).toMatchObject({ location: `/v1/segments/${got.body.id}`, etag: '"1"' });
    expect(got.body).toEqual({
      id: expect.stringMatching(/^seg_/),
      name: 'Pro',
      description: null,
      kind: 'dynamic',
      rule: INDIA,
      columns: ['email', 'signedUpAt'],
      state: 'evaluating',
      progress: 0,
      memberCount: null,
      countedAt: null,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      version: 1,
    });
    expect(machines.started.at(-1)).toMatchObject({
      name: `${got.body.id}-1`,
      input: JSON.stringify({ segment: got.body.id, version: 1, attempt: 1 }),
    });
  });

  test('with a list is ready at once, and lists references that name no user', async () => {
    const got = await post({ name: 'By hand', kind: 'manual', members: ['userId:nobody', 'nonsense'] });
    expect(got.body).toMatchObject({ kind: 'manual', rule: null, state: 'ready', memberCount: 0 });
    expect(got.body.notFound).toEqual(['userId:nobody', 'nonsense']);
  });

  test('a repeated call with a list lists again the references that named no user, beside the segment as it now is', async () => {
    const sent = { headers: { 'idempotency-key': 'one-list' } };
    const body = { name: 'By hand, once', kind: 'manual', members: ['userId:nobody', 'nonsense'] };
    const first = await post(body, sent);
    await patch(String(first.body.id), { name: 'Renamed' });
    const again = await post(body, sent);
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
    expect(again.body).toMatchObject({ id: first.body.id, name: 'Renamed', notFound: ['userId:nobody', 'nonsense'] });
  });

  test('a repeated call makes one segment', async () => {
    const sent = { headers: { 'idempotency-key': 'one-segment' } };
    const first = await post({ name: 'Once', kind: 'dynamic', rule: INDIA }, sent);
    const again = await post({ name: 'Once', kind: 'dynamic', rule: INDIA }, sent);
    expect([again.status, again.body.id]).toEqual([201, first.body.id]);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  test.each<[string, object, string[]]>([
    ['no rule', { kind: 'dynamic' }, ['/rule required']],
    ['a rule for a list', { kind: 'manual', rule: INDIA }, ['/rule notAllowed']],
    ['members for a rule', { kind: 'dynamic', rule: INDIA, members: [] }, ['/members notAllowed']],
    ['a blank name', { name: ' ', kind: 'manual' }, ['/name required']],
    ['a long name', { name: 'x'.repeat(129), kind: 'manual' }, ['/name tooLong']],
    ['an unknown key', { kind: 'manual', colour: 'red' }, ['/colour unknownKey']],
    ['an unknown kind', { kind: 'all' }, ['/kind notAllowed']],
    ['an unknown column', { kind: 'manual', columns: ['email', 'shoeSize'] }, ['/columns/1 unknownField']],
    ['a column twice', { kind: 'manual', columns: ['email', 'email'] }, ['/columns/1 notAllowed']],
    [
      'an unknown field',
      { kind: 'dynamic', rule: { all: [{ field: 'shoeSize', op: 'exists' }] } },
      ['/rule/all/0/field unknownField'],
    ],
    [
      'two faults at once',
      { name: '', kind: 'dynamic', rule: { field: 'country', op: 'is' } },
      ['/name required', '/rule/value required'],
    ],
  ])('%s is a 400 that points at it', async (_what, body, expected) => {
    const got = await post({ name: 'Bad', ...body });
    expect(got.status).toBe(400);
    expect(codes(got.body)).toEqual(expected);
  });
});

describe('a segment', () => {
  test('that is not there is a 404, in every place', async () => {
    const body = { users: [] };
    const params = { id: 'seg_none' };
    const all = [
      await read('seg_none'),
      await patch('seg_none', { name: 'x' }),
      await remove('seg_none'),
      await usersIn('seg_none'),
      await read('VERSION'),
      await send(addMembers, 'POST /v1/segments/{id}/members', { key, params, body }),
      await send(replaceMembers, 'PUT /v1/segments/{id}/members', { key, params, body }),
      await send(removeMembers, 'DELETE /v1/segments/{id}/members', { key, params, body }),
    ];
    expect(all.map(({ status, body: { code } }) => [status, code])).toEqual(all.map(() => [404, 'notFound']));
  });

  test('fills, and then its version and ETag have moved', async () => {
    await born({ country: 'IN', city: 'Pune' });
    const { body: made } = await post({
      name: 'Pune',
      kind: 'dynamic',
      rule: { field: 'city', op: 'is', value: 'pune' },
    });
    const id = String(made.id);
    expect((await usersIn(id)).body).toEqual({ data: [], nextCursor: null });
    await runWalk(storage.bucket, id, 1);
    const got = await read(id);
    expect(got.body).toMatchObject({ state: 'ready', memberCount: 1, version: 2 });
    expect(got.headers.etag).toBe('"2"');
    expect((await read(id, { headers: { 'if-none-match': '"2"' } })).status).toBe(304);
  });

  test('shows its users with its own columns unless others are asked for', async () => {
    const user = await born({ country: 'NP', city: 'Pokhara' });
    const { body: made } = await post({
      name: 'Nepal',
      kind: 'dynamic',
      rule: { field: 'country', op: 'is', value: 'NP' },
      columns: ['city', 'status'],
    });
    await runWalk(storage.bucket, String(made.id), 1);
    expect((await usersIn(String(made.id))).body.data).toEqual([
      { id: user.id, status: 'active', properties: { city: 'Pokhara' } },
    ]);
    expect((await usersIn(String(made.id), 'fields=country')).body.data).toEqual([
      { id: user.id, properties: { country: 'NP' } },
    ]);
    expect(codes((await usersIn(String(made.id), 'fields=shoeSize')).body)).toEqual(['fields unknownField']);
  });
});

describe('changing a segment', () => {
  test('a change of name or description moves the version and evaluates no user', async () => {
    const id = await ready();
    const before = machines.started.length;
    const got = await patch(id, { name: 'Other', description: 'About it', columns: null });
    expect(got.body).toMatchObject({
      name: 'Other',
      description: 'About it',
      columns: null,
      state: 'ready',
      version: 3,
    });
    expect(machines.started.length).toBe(before);
  });

  test('a change that changes nothing keeps the version', async () => {
    const id = await ready();
    const before = await read(id);
    const got = await patch(id, { name: 'Ready', rule: INDIA });
    expect(got.body).toMatchObject({ version: 2, updatedAt: before.body.updatedAt });
  });

  test('an equal rule in other words is stored as it is written, and evaluates no user', async () => {
    const id = await ready();
    const before = machines.started.length;
    const got = await patch(id, { rule: { all: [INDIA] } });
    expect(got.body).toMatchObject({ rule: { all: [INDIA] }, state: 'ready', version: 3 });
    expect(machines.started.length).toBe(before);
  });

  test('a new rule evaluates anew, and the old members are the members until it is ready', async () => {
    const user = await born({ country: 'BT' });
    const id = await ready({ field: 'country', op: 'is', value: 'BT' });
    const got = await patch(id, { rule: { field: 'country', op: 'is', value: 'MM' } });
    expect(got.body).toMatchObject({ state: 'evaluating', progress: 0, memberCount: 1, version: 3 });
    expect(machines.started.at(-1)?.name).toBe(`${id}-2`);
    expect((await usersIn(id)).body.data).toMatchObject([{ id: user.id }]);
    await runWalk(storage.bucket, id, 2);
    expect((await usersIn(id)).body.data).toEqual([]);
    expect((await read(id)).body).toMatchObject({ state: 'ready', memberCount: 0, version: 4 });
  });

  test('honours If-Match', async () => {
    const id = await ready();
    const got = await patch(id, { name: 'Late' }, { headers: { 'if-match': '"1"' } });
    expect([got.status, got.body.code]).toEqual([412, 'stale']);
    expect((await patch(id, { name: 'In time' }, { headers: { 'if-match': 'W/"2"' } })).status).toBe(200);
  });

  test('a list takes no rule, and a dynamic segment keeps one', async () => {
    const { body: manual } = await post({ name: 'List', kind: 'manual' });
    expect(codes((await patch(String(manual.id), { rule: INDIA })).body)).toEqual(['/rule notAllowed']);
    expect(codes((await patch(await ready(), { rule: null })).body)).toEqual(['/rule required']);
  });
});

describe('the segment of all users', () => {
  test('is always there, counts everybody, and takes only columns', async () => {
    const got = await read('all');
    expect(got.body).toMatchObject({ id: 'all', kind: 'all', rule: null, state: 'ready', createdAt: null });
    expect(Number(got.body.memberCount)).toBeGreaterThan(0);
    expect((await patch('all', { columns: ['email'] })).body).toMatchObject({ columns: ['email'], version: 2 });
    for (const refused of [await patch('all', { name: 'Mine' }), await remove('all')]) {
      expect([refused.status, refused.body.code]).toEqual([409, 'immutable']);
    }
    const listed = await usersIn('all', 'limit=1');
    expect(listed.body.data).toHaveLength(1);
  });
});

describe('listing segments', () => {
  const page = (query: string) => send(list, 'GET /v1/segments', { key, query });
  const idsOf = ({ body }: Got) => (body.data as { id: string }[]).map(({ id }) => id);

  test('goes from page to page, all users first, each segment once', async () => {
    const seen: string[] = [];
    let query = 'limit=3';
    for (;;) {
      const got = await page(query);
      seen.push(...idsOf(got));
      if (got.body.nextCursor === null) break;
      query = `limit=3&cursor=${got.body.nextCursor}`;
    }
    expect(seen[0]).toBe('all');
    expect(seen).toEqual([...new Set(seen)]);
    expect(seen.slice(1)).toEqual(seen.slice(1).toSorted());
  });

  test('by kind, archived ones, and with the cursor of another query', async () => {
    const manual = await page('kind=manual');
    expect((manual.body.data as { kind: string }[]).every(({ kind }) => kind === 'manual')).toBe(true);
    expect((await page('archived=true')).body).toEqual({ data: [], nextCursor: null });
    const first = await page('limit=1');
    expect(codes((await page(`limit=1&kind=manual&cursor=${first.body.nextCursor}`)).body)).toEqual([
      'cursor invalidCursor',
    ]);
    for (const added of ['A', '%3D', '.A']) {
      const altered = await page(`limit=1&cursor=${first.body.nextCursor}${added}`);
      expect(codes(altered.body)).toEqual(['cursor invalidCursor']);
    }
    expect(codes((await page('limit=0')).body)).toEqual(['limit outOfRange']);
  });
});

describe('deleting a segment', () => {
  test('answers 204, a second one 404, and what is left is swept', async () => {
    const id = await ready();
    expect((await remove(id, { headers: { 'if-match': '"1"' } })).status).toBe(412);
    expect((await remove(id)).status).toBe(204);
    expect(machines.started.at(-1)).toMatchObject({ name: `${id}-1-deleted` });
    expect((await remove(id)).status).toBe(404);
    await runWalk(storage.bucket, id, 1);
  });
});

describe('members of a manual segment', () => {
  test('of a dynamic one, or of all users, are 409 notManual', async () => {
    for (const id of [await ready(), 'all']) {
      const got = await send(addMembers, 'POST /v1/segments/{id}/members', {
        key,
        params: { id },
        body: { users: [] },
      });
      expect([got.status, got.body.code]).toEqual([409, 'notManual']);
    }
  });

  test('are added, replaced and taken out by reference', async () => {
    const [ada, bob] = [await born({}), await born({})];
    const { body: made } = await post({ name: 'Friends', kind: 'manual' });
    const params = { id: String(made.id) };
    const users = [ada.id, `userId:${bob.properties.userId}`, 'email:no@example.com'];
    const added = await send(addMembers, 'POST /v1/segments/{id}/members', { key, params, body: { users } });
    expect(added.body).toEqual({ added: 2, alreadyIn: 0, notFound: ['email:no@example.com'] });
    const replaced = await send(replaceMembers, 'PUT /v1/segments/{id}/members', {
      key,
      params,
      body: { users: [ada.id] },
    });
    expect(replaced.body).toEqual({ added: 0, alreadyIn: 1, notFound: [] });
    expect(machines.started.at(-1)?.name).toBe(`${made.id}-2`);
    expect((await usersIn(params.id)).body.data).toMatchObject([{ id: ada.id }]);
    const removed = await send(removeMembers, 'DELETE /v1/segments/{id}/members', { key, params, body: { users } });
    expect(removed.body).toEqual({ removed: 1, notIn: 1, notFound: ['email:no@example.com'] });
    const route = 'DELETE /v1/segments/{id}/members/{ref}';
    expect((await send(removeMember, route, { key, params: { ...params, ref: ada.id } })).status).toBe(204);
    expect((await send(removeMember, route, { key, params: { ...params, ref: 'userId:no' } })).status).toBe(404);
  });

  test('are added once by a call that is repeated, also when users were removed since', async () => {
    const [ada, bob] = [await born({}), await born({})];
    const { body: made } = await post({ name: 'Once', kind: 'manual', members: [bob.id] });
    const params = { id: String(made.id) };
    const users = ['email:no@example.com', ada.id, bob.id, 'nonsense', ada.id];
    const add = (more: readonly string[] = []) =>
      send(addMembers, 'POST /v1/segments/{id}/members', {
        key,
        params,
        body: { users: [...users, ...more] },
        headers: { 'idempotency-key': 'add-once' },
      });
    const first = await add();
    expect(first.body).toEqual({ added: 1, alreadyIn: 1, notFound: ['email:no@example.com', 'nonsense'] });
    await send(removeMembers, 'DELETE /v1/segments/{id}/members', { key, params, body: { users: [ada.id] } });
    const again = await add();
    expect([again.status, again.headers['idempotency-replayed'], again.body]).toEqual([200, 'true', first.body]);
    expect((await stored.byId(ada.id))?.lists).toEqual([]);
    expect((await add([ada.id])).status).toBe(422);
  });

  test('who is in 200 of them stays in these, and whatever would be another leaves nothing behind', async () => {
    const ids = Array.from({ length: 200 }, (_, n) => `seg_full-${String(n).padStart(3, '0')}`);
    const named = { name: 'Full', description: null, columns: null };
    const definitions = ids.map((id) => newDefinition(id, named, null, new Date().toISOString()));
    await writeMany(definitions.map((one) => ({ ...stamped('segment', one), ...keyOf.segment(one.id) })));
    const [full = '', ...others] = ids;
    const user = await born({});
    const lists = ids.map((id) => `${id}#1`);
    await stored.replace(user, { ...user, revision: 2, lists }, await schemas.current('user', Date.now()), Date.now());
    const body = { users: [user.id] };
    const refused = await post({ name: 'One too many', kind: 'manual', members: body.users });
    expect([refused.status, refused.body.code]).toEqual([409, 'limitReached']);
    expect((await segments.page({ limit: 1_000 })).segments.map(({ name }) => name)).not.toContain('One too many');
    const { body: made } = await post({ name: 'Another', kind: 'manual' });
    const params = { id: String(made.id) };
    for (const [handler, route] of [
      [addMembers, 'POST /v1/segments/{id}/members'],
      [replaceMembers, 'PUT /v1/segments/{id}/members'],
    ] as const) {
      expect((await send(handler, route, { key, params, body })).body.code).toBe('limitReached');
    }
    expect(await segments.byId(params.id)).toMatchObject({ ruleVersion: 1, live: 1 });
    const again = await send(replaceMembers, 'PUT /v1/segments/{id}/members', { key, params: { id: full }, body });
    expect(again.body).toEqual({ added: 0, alreadyIn: 1, notFound: [] });
    expect((await stored.byId(user.id))?.lists).toEqual(expect.arrayContaining(others.map((id) => `${id}#1`)));
  });

  test('more than 500 references are refused', async () => {
    const { body: made } = await post({ name: 'Many', kind: 'manual' });
    const users = Array.from({ length: 501 }, (_, n) => `userId:${n}`);
    const got = await send(addMembers, 'POST /v1/segments/{id}/members', {
      key,
      params: { id: String(made.id) },
      body: { users },
    });
    expect(codes(got.body)).toEqual(['/users tooMany']);
  });
});

describe('a preview', () => {
  const look = (rule: unknown) => send(preview, 'POST /v1/segments/preview', { key, body: { rule } });

  test('counts without saving, shows the newest, and says the rule in words', async () => {
    const first = await born({ country: 'LK' });
    const second = await born({ country: 'LK' });
    const got = await look({ field: 'country', op: 'is', value: 'lk' });
    expect(got.body).toMatchObject({ count: 2, complete: true, sample: [{ id: second.id }, { id: first.id }] });
    expect(got.body.describe).toContain('lk');
  });

  test('of a rule that cannot be checked is a 400 that points into it', async () => {
    expect(codes((await look({ any: [] })).body)).toEqual(['/rule/any emptyGroup']);
  });
});

describe('the stream', () => {
  test('makes members of users as they change', async () => {
    const id = await ready({ field: 'country', op: 'is', value: 'MV' });
    const user = await born({ country: 'MV' });
    expect(await deliverRecords(record(null, user))).toEqual({ batchItemFailures: [] });
    expect((await usersIn(id)).body.data).toMatchObject([{ id: user.id }]);
  });

  test('a user shows the segments that it is in, and an ETag never hides a change of them', async () => {
    const id = await ready({ field: 'country', op: 'is', value: 'BT' });
    const user = await born({ country: 'BT' });
    await deliverRecords(record(null, user));
    const params = { ref: user.id };
    const plain = await send(getUser, 'GET /v1/users/{ref}', { key, params });
    expect(plain.body).not.toHaveProperty('included');
    const headers = { 'if-none-match': String(plain.headers.etag) };
    const route = 'GET /v1/users/{ref}';
    expect((await send(getUser, route, { key, params, headers })).status).toBe(304);
    const got = await send(getUser, route, { key, params, headers, query: 'include=segments' });
    const since = new Date(1_767_225_600_000).toISOString();
    expect(got.body).toEqual({
      ...plain.body,
      included: { segments: [{ id, name: 'Ready', kind: 'dynamic', since }] },
    });
    await deliverRecords(record(user, { ...user, properties: { ...user.properties, country: 'KI' }, revision: 2 }));
    const after = await send(getUser, route, { key, params, headers, query: 'include=segments' });
    expect(after.body.included).toEqual({ segments: [] });
    expect(codes((await send(getUser, route, { key, params, query: 'include=x' })).body)).toEqual([
      'include notAllowed',
    ]);
  });

  test('a user whose item cannot be read is sent to repair and does not delay the others', async () => {
    const id = await ready({ field: 'country', op: 'is', value: 'SC' });
    const [bad, good] = [await born({ country: 'SC' }), await born({ country: 'SC' })];
    const broken = record(null, bad);
    Object.assign(broken.dynamodb.NewImage ?? {}, { properties: { S: 'not an object' } });
    expect(await deliverRecords(broken, record(null, good))).toEqual({ batchItemFailures: [] });
    expect(repairs).toEqual([bad.id]);
    const message = { Records: [{ messageId: 'm', body: bad.id }] } as Parameters<typeof repairUser>[0];
    expect(await repairUser(message)).toEqual({ batchItemFailures: [] });
    expect((await usersIn(id, 'order=oldest')).body.data).toMatchObject([{ id: bad.id }, { id: good.id }]);
  });
});

test('a property lists the segments whose rules read it', async () => {
  const { body } = await post({
    name: 'Uses city',
    kind: 'dynamic',
    rule: { not: { field: 'city', op: 'is', value: 'Oslo' } },
  });
  const got = await send(getProperty, 'GET /v1/properties/{key}', { key, params: { key: 'city' } });
  expect(got.body).toMatchObject({ key: 'city', usedBy: expect.arrayContaining([body.id]) });
});
