import { beforeAll, describe, expect, test } from 'vitest';
import { handler as create } from '../../functions/users/create.ts';
import { handler as erase } from '../../functions/users/delete.ts';
import { handler as get } from '../../functions/users/get.ts';
import { handler as update } from '../../functions/users/update.ts';
import { keyWith, type Sent, send, startDeployment } from '../support/deployment/deployment.ts';

let key: string;
beforeAll(async () => {
  await startDeployment();
  key = await keyWith('users:read', 'users:write');
});

const post = (body: unknown, more: Sent = {}) => send(create, 'POST /v1/users', { key, body, ...more });
const read = (ref: string, more: Sent = {}) => send(get, 'GET /v1/users/{ref}', { key, params: { ref }, ...more });
const patch = (ref: string, body: unknown, more: Sent = {}) =>
  send(update, 'PATCH /v1/users/{ref}', { key, params: { ref }, body, ...more });
const remove = (ref: string, more: Sent = {}) =>
  send(erase, 'DELETE /v1/users/{ref}', { key, params: { ref }, ...more });

const codes = (body: Record<string, unknown>) =>
  (body.errors as { pointer?: string; parameter?: string; code: string }[]).map(
    (error) => `${error.pointer ?? error.parameter} ${error.code}`,
  );

describe('making a user', () => {
  test('answers 201, a Location, an ETag and the whole user', async () => {
    const properties = { userId: 'crm-42', email: ' Ada@Example.com ', phone: '+1 415 555 0100', firstName: 'Ada' };
    const got = await post({ properties, tags: ['vip'], companies: ['acme'] });
    expect(got.status).toBe(201);
    expect(got.headers).toMatchObject({ location: `/v1/users/${got.body.id}`, etag: '"1"' });
    expect(got.body).toEqual({
      id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/),
      status: 'active',
      statusReason: null,
      properties: { userId: 'crm-42', email: 'ada@example.com', phone: '+14155550100', firstName: 'Ada' },
      aliases: [],
      tags: ['vip'],
      companies: ['acme'],
      signedUpAt: expect.stringMatching(/Z$/),
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
      lastSeenAt: null,
      source: 'api',
      version: 1,
    });
  });

  test('with an identifier that others have is a 409 that names them, an entry for each', async () => {
    const first = await post({ properties: { userId: 'taken-1', email: 'taken-1@example.com' } });
    const got = await post({ properties: { userId: 'taken-1', email: 'taken-1@example.com', firstName: 'B' } });
    expect(got.status).toBe(409);
    expect(got.body).toMatchObject({
      code: 'identifierTaken',
      status: 409,
      type: 'urn:roster:problem:identifierTaken',
    });
    expect(got.body.errors).toMatchObject([
      { pointer: '/properties/userId', id: first.body.id },
      { pointer: '/properties/email', id: first.body.id },
    ]);
  });

  test('without an identifier is a 400', async () => {
    const got = await post({ properties: { firstName: 'Nobody' } });
    expect([got.status, got.body.code]).toEqual([400, 'noIdentifier']);
  });

  test('reports every fault of a body at once, each with its pointer', async () => {
    const got = await post({
      properties: { email: 'not-an-email', dob: '2026-02-30', latitude: '5', plan: 'pro', phone: '4155550100' },
      tags: ['fine', 5, 'not,fine'],
      status: 'foo',
      signedUpAt: '1960-01-01T00:00:00Z',
      colour: 'red',
    });
    expect([got.status, got.body.code]).toEqual([400, 'invalid']);
    expect(codes(got.body).sort()).toEqual([
      '/colour unknownKey',
      '/properties/dob invalidDate',
      '/properties/email invalidEmail',
      '/properties/latitude wrongType',
      '/properties/phone phoneNeedsCountry',
      '/properties/plan unknownField',
      '/signedUpAt outOfRange',
      '/status notAllowed',
      '/tags/1 wrongType',
      '/tags/2 invalidTag',
    ]);
  });

  test('a missing identifier is a fault beside the others; an identifier with a fault of its own is not reported as missing', async () => {
    expect(codes((await post({ properties: { firstName: 5 }, tags: [''] })).body)).toEqual([
      '/properties/firstName wrongType',
      '/tags/0 invalidTag',
      '/properties noIdentifier',
    ]);
    expect(codes((await post({ properties: { email: {} }, status: 'foo' })).body).sort()).toEqual([
      '/properties/email wrongType',
      '/status notAllowed',
    ]);
    expect(codes((await post({ tags: [''] })).body).sort()).toEqual(['/properties required', '/tags/0 invalidTag']);
  });

  test('a number that JSON can express and a double cannot is out of range', async () => {
    const got = await post('{"properties":{"userId":"far","latitude":1e400,"longitude":1e-400}}');
    expect(codes(got.body).sort()).toEqual(['/properties/latitude outOfRange', '/properties/longitude outOfRange']);
  });

  test('a letter that only looks like one of ASCII makes no e-mail address of another user', async () => {
    const got = await post({ properties: { email: '\u212aelvin@x.co' } });
    expect(codes(got.body)).toEqual(['/properties/email invalidEmail']);
  });

  test('a number is answered without an exponent, however small', async () => {
    const properties = { userId: 'tiny', firstName: 'A 1e-7 of a name', latitude: 1e-7, longitude: -1.5e-15 };
    const { body, text } = await post({ properties });
    expect(text).toContain('"latitude":0.0000001');
    expect(text).toContain('"longitude":-0.0000000000000015');
    expect(body.properties).toEqual(properties);
  });

  test('a forbidden name hides no other fault', async () => {
    const got = await post('{"properties":{"__proto__":1,"email":"x"},"constructor":{},"tags":"vip"}');
    expect(codes(got.body).sort()).toEqual([
      '/constructor forbiddenName',
      '/properties/__proto__ forbiddenName',
      '/properties/email invalidEmail',
      '/tags wrongType',
    ]);
  });

  test('refuses names that touch an object’s prototype', async () => {
    const got = await post('{"properties":{"userId":"p","__proto__":{"polluted":true}}}');
    expect([got.status, got.body.code]).toEqual([400, 'forbiddenName']);
    expect(codes(got.body)).toEqual(['/properties/__proto__ forbiddenName']);
  });

  test('keeps the sign-up time that is given, and refuses one that cannot be', async () => {
    const got = await post({ properties: { userId: 'signed' }, signedUpAt: '2020-05-01T00:00:00+02:00' });
    expect(got.body.signedUpAt).toBe('2020-04-30T22:00:00.000Z');
    const future = await post({ properties: { userId: 'signed-2' }, signedUpAt: '2999-01-01T00:00:00Z' });
    expect(codes(future.body)).toEqual(['/signedUpAt outOfRange']);
  });
});

describe('the door', () => {
  test('answers the same 401 to no key, a malformed, a mistyped and an unknown one', async () => {
    const mistyped = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
    for (const bad of [null, 'nonsense', mistyped, `rk_dev_${'0'.repeat(16)}_${'0'.repeat(72)}`]) {
      const got = await read('crm-42', { key: bad });
      expect([got.status, got.body.code, got.headers['www-authenticate']]).toEqual([401, 'unauthenticated', 'Bearer']);
    }
  });

  test('answers 403 to a key that lacks the scope, before it looks at the body', async () => {
    const reader = await keyWith('users:read');
    const got = await post('{', { key: reader });
    expect([got.status, got.body.code]).toEqual([403, 'missingScope']);
  });

  test('answers 413, 415 and malformed JSON as what they are', async () => {
    expect((await post({ properties: { userId: 'x'.repeat(300_000) } })).status).toBe(413);
    expect((await post('a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })).status).toBe(415);
    expect((await post('{"properties":')).body).toMatchObject({
      code: 'malformedJson',
      errors: [{ pointer: '', code: 'malformedJson' }],
    });
  });

  test('refuses query parameters that it does not know', async () => {
    const got = await read('crm-42', { query: 'expand=all' });
    expect([got.status, got.body.code]).toEqual([400, 'unknownKey']);
  });
});

describe('reading a user', () => {
  test('works by id, by any identifier in any spelling, and by the wrapped form', async () => {
    const made = await post({ properties: { userId: 'a/b', email: 'ref@example.com', phone: '+14155550177' } });
    const wrapped = `~${Buffer.from('userId:a/b').toString('base64url')}`;
    for (const ref of [String(made.body.id), 'email:REF@Example.com', 'phone:+1 (415) 555-0177', wrapped]) {
      expect((await read(ref)).body.id).toBe(made.body.id);
    }
  });

  test('by a reference that names no user is a 404, whatever is wrong with it', async () => {
    for (const ref of [
      'email:nobody@example.com',
      'email:???',
      'shoeSize:42',
      'nonsense',
      '~%%%',
      '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    ]) {
      expect((await read(ref)).status).toBe(404);
    }
  });

  test('that the client has in this version is a 304', async () => {
    const made = await post({ properties: { userId: 'etag' } });
    const got = await read(String(made.body.id), { headers: { 'if-none-match': 'W/"1"' } });
    expect([got.status, got.body.text]).toEqual([304, undefined]);
  });
});

describe('changing a user', () => {
  test('sets, clears and keeps, and moves the version', async () => {
    const { body: made } = await post({
      properties: { userId: 'patch', city: 'Paris', firstName: 'Ada' },
      tags: ['a'],
    });
    const got = await patch(String(made.id), { properties: { city: null, lastName: 'Lovelace' }, tags: ['b'] });
    expect(got.body).toMatchObject({
      properties: { userId: 'patch', firstName: 'Ada', lastName: 'Lovelace' },
      tags: ['b'],
      version: 2,
    });
    expect(got.body.properties).not.toHaveProperty('city');
    expect(got.headers.etag).toBe('"2"');
  });

  test('to what it is already answers 200 and keeps version and updatedAt', async () => {
    const { body: made } = await post({ properties: { userId: 'same', city: 'Paris' } });
    const got = await patch(String(made.id), { properties: { city: ' Paris ' } });
    expect([got.status, got.body]).toEqual([200, made]);
  });

  test('on condition of an older version is a 412', async () => {
    const { body: made } = await post({ properties: { userId: 'stale' } });
    await patch(String(made.id), { properties: { city: 'Rome' } });
    const got = await patch(String(made.id), { properties: { city: 'Oslo' } }, { headers: { 'if-match': '"1"' } });
    expect([got.status, got.body.code]).toEqual([412, 'stale']);
  });

  test('cannot remove its last identifier, nor take one of another user', async () => {
    const { body: made } = await post({ properties: { userId: 'last' } });
    const stale = { headers: { 'if-match': '"7"' } };
    const cleared = await patch(String(made.id), { properties: { userId: null } }, stale);
    expect([cleared.status, cleared.body.code]).toEqual([400, 'lastIdentifier']);
    await post({ properties: { email: 'mine@example.com' } });
    const taken = await patch(String(made.id), { properties: { email: 'mine@example.com' } });
    expect([taken.status, taken.body.code]).toEqual([409, 'identifierTaken']);
  });

  test('with a bad body for an unknown user is a 400, not a 404', async () => {
    expect((await patch('userId:nobody-at-all', { properties: { dob: 'x' } })).status).toBe(400);
  });
});

describe('deleting a user', () => {
  test('answers 204, and 404 to reads and to a second delete', async () => {
    const { body: made } = await post({ properties: { userId: 'gone', email: 'gone@example.com' } });
    expect((await remove('email:gone@example.com')).status).toBe(204);
    expect((await read(String(made.id))).status).toBe(404);
    expect((await remove(String(made.id))).status).toBe(404);
    expect((await post({ properties: { userId: 'gone' } })).status).toBe(201);
  });
});

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'order-1' };

  test('promise 1: a retried call has one effect', async () => {
    const body = { properties: { userId: 'once', city: 'Paris' } };
    const first = await post(body, { headers });
    await patch(String(first.body.id), { properties: { city: 'Rome' } });
    const second = await post(body, { headers });
    expect([second.status, second.headers['idempotency-replayed']]).toEqual([201, 'true']);
    expect(second.headers.location).toBe(first.headers.location);
    expect(second.body).toMatchObject({ id: first.body.id, properties: { city: 'Rome' }, version: 2 });
  });

  test('with another body is a 422', async () => {
    const got = await post({ properties: { userId: 'other' } }, { headers });
    expect([got.status, got.body.code]).toEqual([422, 'idempotencyMismatch']);
  });

  test('stores no failure: the corrected call runs', async () => {
    const mended = { headers: { 'idempotency-key': 'order-2' } };
    expect((await post({ properties: { userId: 'once' } }, mended)).status).toBe(409);
    expect((await post({ properties: { userId: 'once-more' } }, mended)).status).toBe(201);
  });

  test('many at once have one effect', async () => {
    const body = { properties: { userId: 'at-once' } };
    const all = await Promise.all(
      Array.from({ length: 8 }, () => post(body, { headers: { 'idempotency-key': 'order-3' } })),
    );
    const made = all.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ body: user }) => user.id)).size).toBe(1);
    expect(all.every(({ status, body: answer }) => status === 201 || answer.code === 'inProgress')).toBe(true);
  });
});
