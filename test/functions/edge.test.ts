import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { handler as noRoute } from '../../functions/docs/not-found.ts';
import { handler as health } from '../../functions/health/get.ts';
import { handler as createKey } from '../../functions/keys/create.ts';
import { handler as openLink } from '../../functions/links/open.ts';
import { handler as createUser } from '../../functions/users/create.ts';
import { handler as updateUser } from '../../functions/users/update.ts';
import { action } from '../../shared/runtime/action.ts';
import { Reply } from '../../shared/runtime/contract.ts';
import { keyWith, type Sent, send, startDeployment } from '../support/deployment/deployment.ts';

let key: string;
beforeAll(async () => {
  await startDeployment({ BUCKET: 'roster' });
  key = await keyWith('owner');
});

const TEXT = 'the same again and again. '.repeat(100);

/** An action that answers a text, or a thing of that text with a version. */
const page = action(
  { summary: 'Read a page', scope: 'public', query: z.strictObject({ text: z.optional(z.string()) }) },
  ({ query }) => new Reply(200, { 'content-type': 'text/plain' }, query.text ?? TEXT),
);
const thing = action(
  { summary: 'Read a thing', scope: 'public', output: z.strictObject({ text: z.string(), version: z.number() }) },
  () => ({ text: TEXT, version: 3 }),
);

/** The answer of a handler as Lambda hands it to the gateway. */
const raw = (handler: typeof page, acceptEncoding?: string, query = '') =>
  handler({
    rawPath: '/v1/pages',
    rawQueryString: query,
    headers: { ...(acceptEncoding !== undefined && { 'accept-encoding': acceptEncoding }) },
    routeKey: 'GET /v1/pages',
    requestContext: { requestId: 'req-1', http: { method: 'GET' } },
  } as unknown as APIGatewayProxyEventV2);

describe('compression', () => {
  test.each(['gzip', 'GZIP', 'br, gzip', 'deflate, gzip;q=0.5', '*', 'gzip;q=0.001'])(
    'a client that accepts %s gets gzip',
    async (accepted) => {
      const { headers, body = '', isBase64Encoded } = await raw(page, accepted);
      expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
      expect([isBase64Encoded, gunzipSync(Buffer.from(body, 'base64')).toString()]).toEqual([true, TEXT]);
    },
  );

  test.each([undefined, '', 'br', 'identity', 'gzip;q=0', 'gzip;q=0, *', '*;q=0', 'br;q=1, gzip;q=0.0'])(
    'a client that accepts %s gets the text itself',
    async (accepted) => {
      const { headers, body } = await raw(page, accepted);
      expect(headers).not.toHaveProperty('content-encoding');
      expect([headers?.vary, body]).toEqual(['accept-encoding', TEXT]);
    },
  );

  test('what fits into a packet, and what has an ETag, stays as it is', async () => {
    const short = await raw(page, 'gzip', 'text=short');
    expect([short.body, short.headers?.vary]).toEqual(['short', undefined]);
    const versioned = await raw(thing, 'gzip');
    expect(versioned.headers).toMatchObject({ etag: '"3"' });
    expect(JSON.parse(versioned.body ?? '')).toEqual({ text: TEXT, version: 3 });
  });
});

describe('every answer', () => {
  test('forbids browsers to guess its type, be it a success, a problem or a missing route', async () => {
    const answers = [
      await send(health, 'GET /health'),
      await send(health, 'GET /health', { query: 'nope=1' }),
      await send(createKey, 'POST /v1/keys', { key, body: {} }),
      await send(noRoute, 'PUT /nowhere'),
    ];
    expect(answers.map(({ status, headers }) => [status, headers['x-content-type-options']])).toEqual([
      [200, 'nosniff'],
      [400, 'nosniff'],
      [400, 'nosniff'],
      [404, 'nosniff'],
    ]);
  });

  test('to a HEAD has the status and the headers of its GET, and no body', async () => {
    const found = await send(health, 'HEAD /health');
    expect([found.status, found.headers['content-type'], found.text]).toEqual([
      200,
      'application/json; charset=utf-8',
      '',
    ]);
    const unknown = await send(openLink, 'HEAD /d/{token}', { params: { token: 'nope' } });
    expect([unknown.status, unknown.headers['content-type'], unknown.text]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
      '',
    ]);
  });
});

describe('what is no route', () => {
  test.each(['GET /v1/nowhere', 'TRACE /v1/users', 'POST /nowhere'])('%s is a 404 without a key', async (route) => {
    const body = 'x'.repeat(1_000_000);
    const got = await send(noRoute, route, { query: 'a=1', body, headers: { 'content-type': 'text/plain' } });
    expect([got.status, got.body.code]).toEqual([404, 'notFound']);
  });
});

describe('which error comes first', () => {
  const reader = () => keyWith('users:read');
  const LARGE = 'x'.repeat(300_000);
  const TEXT_PLAIN = { 'content-type': 'text/plain' };
  const STALE = { 'if-match': '"9"' };
  const TAKEN = { properties: { userId: 'edge-taken' } };

  beforeAll(async () => {
    for (const userId of ['edge-taken', 'edge-own']) {
      await send(createUser, 'POST /v1/users', { key, body: { properties: { userId } } });
    }
  });

  /** In each line the first thing that is wrong in the line before is put right. */
  const LINES: readonly [number, string, string, () => Promise<Sent> | Sent][] = [
    [401, 'unauthenticated', 'nobody', () => ({ key: null, body: LARGE, headers: TEXT_PLAIN })],
    [403, 'missingScope', 'nobody', async () => ({ key: await reader(), body: LARGE, headers: TEXT_PLAIN })],
    [413, 'tooLarge', 'nobody', () => ({ body: LARGE, headers: TEXT_PLAIN })],
    [415, 'unsupportedMediaType', 'nobody', () => ({ body: '{', headers: TEXT_PLAIN })],
    [400, 'malformedJson', 'nobody', () => ({ body: '{', headers: STALE })],
    [400, 'unknownField', 'nobody', () => ({ body: { properties: { nope: 1 } }, headers: STALE })],
    [404, 'notFound', 'nobody', () => ({ body: TAKEN, headers: STALE })],
    [412, 'stale', 'edge-own', () => ({ body: TAKEN, headers: STALE })],
    [409, 'identifierTaken', 'edge-own', () => ({ body: TAKEN })],
    [200, '', 'edge-own', () => ({ body: {} })],
  ];

  test.each(LINES)('%i %s', async (status, code, user, sent) => {
    const params = { ref: `userId:${user}` };
    const got = await send(updateUser, 'PATCH /v1/users/{ref}', { key, params, ...(await sent()) });
    expect([got.status, got.body.code ?? '']).toEqual([status, code]);
  });
});

describe('If-Match', () => {
  const asked = (ifMatch: string) =>
    send(updateUser, 'PATCH /v1/users/{ref}', {
      key,
      params: { ref: 'userId:edge-own' },
      body: {},
      headers: { 'if-match': ifMatch },
    });

  test.each(['"1"', 'W/"1"', ' "1" ', '"7", W/"1"', '"a,b","1"', '*'])('%s names the version', async (ifMatch) => {
    expect((await asked(ifMatch)).status).toBe(200);
  });

  test.each(['"7"', 'W/"7"', '""', '"7","8"', '"a,b"', '"11"'])('%s names another: 412', async (ifMatch) => {
    expect((await asked(ifMatch)).body).toMatchObject({ status: 412, code: 'stale' });
  });

  test.each(['', ' ', '1', '"1', "'1'", 'w/"1"', '"1" "2"', '"1",', ', "1"', '*, "1"', '**', 'W/1', '"\u20ac"'])(
    'what cannot be read is a 400 at its header: %j',
    async (ifMatch) => {
      const { body } = await asked(ifMatch);
      expect(body).toMatchObject({ status: 400, code: 'notAllowed' });
      expect(body.errors).toEqual([{ header: 'If-Match', code: 'notAllowed', detail: expect.any(String) }]);
    },
  );

  test('is not looked at where nothing has a version', async () => {
    const body = { name: 'reader', email: 'reader@example.com', scopes: ['users:read'] };
    const got = await send(createKey, 'POST /v1/keys', { key, body, headers: { 'if-match': '1' } });
    expect(got.status).toBe(201);
  });
});

test('an unknown property is not repeated in the text of its fault', async () => {
  const body = { properties: { 'secret name': 1, userId: 'edge-own' } };
  const got = await send(updateUser, 'PATCH /v1/users/{ref}', { key, params: { ref: 'userId:edge-own' }, body });
  expect(got.body.errors).toEqual([
    { pointer: '/properties/secret name', code: 'unknownField', detail: expect.not.stringContaining('secret') },
  ]);
  expect(got.body.detail).not.toContain('secret');
});
