import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { type PlacedFault, Problem, placeOf, problemOf } from '../domain/errors.ts';
import type { KeyScope } from '../domain/keys/api-key.ts';
import { MOST_FAULTS } from '../domain/report.ts';
import { answer, problemAnswer } from './answer.ts';
import { assertRate, assertScope, authenticated } from './auth.ts';
import type { Asking, Contract, Reply } from './contract.ts';
import { log } from './log.ts';
import { idempotencyKeyOf, once } from './once.ts';
import { assertIfMatch } from './precondition.ts';
import { ready } from './ready.ts';
import { assertJson, bytesOf, readJsonBody, readQuery, type Sent, shaped } from './request.ts';

/** What an action's arrow is given: parsed input, who asks, and time and chance as arguments. */
export type Call<Query, Body, Input> = Pick<Asking<Query, Body>, 'path' | 'apiKey' | 'now'> & {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** What the contract's `read` made of query and body. */
  readonly input: Input;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `GET`; two methods may lead to one action. */
  readonly method: string;
  /** Thirty-two bytes, random, or the same again for a call that is taken up after it died. */
  readonly chance: Uint8Array;
  /** @throws Problem `stale` when the request's `If-Match` does not name this version */
  readonly ifMatch: (version: number) => void;
};

const NOBODY: Asking<never, never>['apiKey'] = { id: '', email: '', scopes: [] };
const MAX_BYTES = 262_144;

/** A handler of Lambda that carries its contract. */
export type Action = {
  (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2>;
  readonly contract: Contract<unknown, unknown, unknown>;
};

async function admitted(
  scope: Contract<unknown, unknown, unknown>['scope'],
  event: APIGatewayProxyEventV2,
  now: number,
) {
  if (scope === 'public') return NOBODY;
  const key = await authenticated(event.headers.authorization, now);
  const scopes: readonly KeyScope[] = typeof scope === 'string' ? [scope] : scope;
  const [first] = scopes;
  if (first && !scopes.some((one) => key.scopes.includes(one))) assertScope(key, first);
  await assertRate(key, now);
  return key;
}

const NO_BODY: Sent = { input: undefined, faults: [] };

function readBody(contract: { readonly maxBytes?: number; readonly body?: unknown }, event: APIGatewayProxyEventV2) {
  const bytes = bytesOf(event);
  const most = contract.maxBytes ?? MAX_BYTES;
  if (bytes.length > most) throw new Problem('tooLarge', `A body has at most ${most} bytes here.`);
  if (!contract.body) return { bytes, sent: NO_BODY };
  assertJson(event);
  return { bytes, sent: readJsonBody(bytes) };
}

/** A route without query parameters refuses every one; one without a body looks at none. */
const NO_QUERY = z.strictObject({});
const ANY_BODY = z.unknown();

/** What a contract's `read` makes of an input, and its faults. */
async function read<Query, Body, Input>(
  contract: Pick<Contract<Query, Body, unknown, Input>, 'read'>,
  asking: Asking<Query, Body>,
  found: readonly PlacedFault[],
): Promise<Input> {
  const reading = contract.read ? await contract.read(asking) : { value: undefined as Input };
  if (found.length === 0 && 'value' in reading) return reading.value;
  const places = new Set(found.map(placeOf));
  const more = 'faults' in reading ? reading.faults.filter((fault) => !places.has(placeOf(fault))) : [];
  throw problemOf([...found, ...more].slice(0, MOST_FAULTS));
}

/**
 * One route of the API: the contract, and one arrow over parsed input.
 *
 * It owns what every route has: the API key, scopes, rate, size and type of the body, strict parsing, `If-Match` and
 * ETag, idempotency, problems, and one line in the log. Checks come in the order in which the API promises its errors.
 */
export function action<Query = undefined, Body = undefined, Output = undefined, Input = undefined>(
  contract: Contract<Query, Body, Output, Input>,
  run: (call: Call<Query, Body, Input>) => Promise<Output | Reply> | Output | Reply,
): Action {
  const handle = async (event: APIGatewayProxyEventV2, now: number) => {
    await ready();
    const apiKey = await admitted(contract.scope, event, now);
    const { bytes, sent } = readBody(contract, event);
    const query = shaped<unknown>(contract.query ?? NO_QUERY, readQuery(event.rawQueryString), 'query');
    const body = shaped<unknown>(contract.body ?? ANY_BODY, sent, 'body');
    // What has a fault is read too, for the faults; it never comes to the arrow.
    const asked = { query: query.sound as Query, body: body.sound as Body, path: event.rawPath, apiKey };
    const key = idempotencyKeyOf(event, contract);
    const faults = [...('faults' in key ? key.faults : []), ...query.faults, ...body.faults];
    if (faults.length > 0) await read(contract, { ...asked, now }, faults);
    const more = {
      params: { ...event.pathParameters } as Readonly<Record<string, string>>,
      headers: event.headers,
      method: event.requestContext.http.method,
      ifMatch: assertIfMatch(event.headers['if-match']),
    };
    const repeatable = { event, key: 'value' in key ? key.value : null, bytes, body: asked.body, apiKey, now };
    return once(repeatable, contract, async ({ now: at, chance }) => {
      const call = { ...asked, ...more, now: at, chance };
      return run({ ...call, input: await read(contract, call, []) });
    });
  };
  const handler = async (event: APIGatewayProxyEventV2) => {
    const now = Date.now();
    const request = event.requestContext.requestId;
    const result = await handle(event, now)
      .then((outcome) => answer(contract, outcome, event))
      .catch((error: unknown) => problemAnswer(error, request));
    log.info('request', { request, route: event.routeKey, status: result.statusCode ?? 200, ms: Date.now() - now });
    return { ...result, headers: { ...result.headers, 'x-request-id': request } };
  };
  return Object.assign(handler, { contract: contract as Contract<unknown, unknown, unknown> });
}
