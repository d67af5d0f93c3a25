import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import * as z from 'zod/mini';
import * as apiKeys from '../../shared/data/access/api-keys.ts';
import { connect } from '../../shared/data/table/client.ts';
import { makeKey } from '../../shared/domain/keys/input.ts';
import { FakeTable } from '../support/table/fake-table.ts';
import type { BenchRow } from './row.ts';

const WARM_UP = 2_000;
const CALLS = 5_000;

const EMAIL = 'ada@example.com';
const USER = { properties: { email: EMAIL, userId: 'crm-42', firstName: 'Ada', lastName: 'Lovelace', country: 'GB' } };

/** The time that calls of the document client took since the last reading, in milliseconds. */
function awsTime(): () => number {
  let spent = 0;
  const { send } = DynamoDBDocumentClient.prototype;
  DynamoDBDocumentClient.prototype.send = async function timed(this: DynamoDBDocumentClient, ...args: unknown[]) {
    const began = performance.now();
    try {
      return await Reflect.apply(send, this, args);
    } finally {
      spent += performance.now() - began;
    }
  };
  return () => {
    const read = spent;
    spent = 0;
    return read;
  };
}

function eventOf(route: string, path: string, key: string, ref?: string, body?: unknown) {
  const [method = ''] = route.split(' ');
  return {
    version: '2.0',
    routeKey: route,
    rawPath: path,
    rawQueryString: '',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    pathParameters: ref === undefined ? {} : { ref },
    requestContext: { requestId: 'bench', http: { method, path } },
    isBase64Encoded: false,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

const isOk = (answer: unknown) => z.safeParse(z.object({ statusCode: z.literal(200) }), answer).success;

type Handler = (event: never, context: never) => unknown;

/** The median time of a call outside of calls to AWS, in microseconds. */
async function median(handler: Handler, event: unknown, inAws: () => number): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < WARM_UP + CALLS; call += 1) {
    inAws();
    const began = performance.now();
    const answer = await handler(event as never, {} as never);
    const took = performance.now() - began - inAws();
    if (!isOk(answer)) throw new Error(`a call failed: ${JSON.stringify(answer)}`);
    if (call >= WARM_UP) times.push(took * 1_000);
  }
  return times.sort((a, b) => a - b)[CALLS / 2] ?? 0;
}

/** The time that two handlers spend outside of calls to AWS, beside a handler that does nothing. */
export async function run(): Promise<BenchRow[]> {
  Object.assign(process.env, {
    ...{ STAGE: 'dev', TIME_ZONE: 'UTC', DEFAULT_COUNTRY: '', API_URL: 'https://roster.example.com' },
    ...{ RATE_PER_SECOND: '100000', RATE_BURST: '200000', KEY_CACHE_SECONDS: '60', POWERTOOLS_LOG_LEVEL: 'SILENT' },
  });
  connect(new FakeTable().connection(16));
  const { handler: create } = await import('../../functions/users/create.ts');
  const { handler: get } = await import('../../functions/users/get.ts');
  const { handler: update } = await import('../../functions/users/update.ts');
  const owner = { name: 'bench', email: 'owner@example.com', scopes: ['users:read', 'users:write'] as const };
  const { stored, secret } = makeKey({ ...owner, scopes: [...owner.scopes] }, 'dev', Date.now(), new Uint8Array(32));
  await apiKeys.create(stored);
  const made = await create(eventOf('POST /v1/users', '/v1/users', secret, undefined, USER) as never);
  if (made.statusCode !== 201) throw new Error(`the user could not be made: ${made.body}`);
  const inAws = awsTime();
  const ref = `email:${EMAIL}`;
  const path = `/v1/users/${encodeURIComponent(ref)}`;
  const read = eventOf('GET /v1/users/{ref}', path, secret, ref);
  const same = eventOf('PATCH /v1/users/{ref}', path, secret, ref, { properties: { firstName: 'Ada' } });
  const empty = await median(
    middy(() => ({ statusCode: 200 })),
    read,
    inAws,
  );
  const beside = [{ name: 'an empty middy handler', value: empty }];
  const row = async (what: string, handler: Handler, event: unknown): Promise<BenchRow> => {
    const value = await median(handler, event, inAws);
    return { what: `handler time outside of AWS calls, p50: ${what}`, value, unit: 'µs', beside, goal: '≤ 200 µs' };
  };
  return [await row('GET a user', get as Handler, read), await row('PATCH a user', update as Handler, same)];
}
