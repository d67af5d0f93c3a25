import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { KeyScope } from '../domain/api-key.ts';
import { Problem } from '../domain/errors.ts';
import { answer, problemAnswer } from './answer.ts';
import { assertRate, assertScope, authenticated } from './auth.ts';
import type { Contract, Reply } from './contract.ts';
import { log } from './log.ts';
import { type Attempt, once } from './once.ts';
import { assertIfMatch } from './precondition.ts';
import { ready } from './ready.ts';
import { assertJson, bytesOf, parsed, readJsonBody, readQuery } from './request.ts';

/** What an action's arrow is given: parsed input, who asks, and time and chance as arguments. */
export type Call<Query, Body> = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `/v1/users`, with the path's own values: what a cursor is bound to. */
  readonly path: string;
  /** `GET`; two methods may lead to one action. */
  readonly method: string;
  readonly apiKey: { readonly id: string; readonly email: string; readonly scopes: readonly KeyScope[] };
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Thirty-two bytes, random, or the same again for a call that is taken up after it died. */
  readonly chance: Uint8Array;
  /** @throws Problem `stale` when the request's `If-Match` does not name this version */
  readonly ifMatch: (version: number) => void;
};

const NOBODY: Call<never, never>['apiKey'] = { id: '', email: '', scopes: [] };
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

function readBody(contract: { readonly maxBytes?: number; readonly body?: unknown }, event: APIGatewayProxyEventV2) {
  const bytes = bytesOf(event);
  const most = contract.maxBytes ?? MAX_BYTES;
  if (bytes.length > most) throw new Problem('tooLarge', `A body has at most ${most} bytes here.`);
  if (!contract.body) return { bytes, json: undefined };
  assertJson(event);
  return { bytes, json: readJsonBody(bytes) };
}

/**
 * One route of the API: the contract, and one arrow over parsed input.
 *
 * It owns what every route has: the API key, scopes, rate, size and type of the body, strict parsing, `If-Match` and
 * ETag, idempotency, problems, and one line in the log. Checks come in the order in which the API promises its errors.
 */
export function action<Query = undefined, Body = undefined, Output = undefined>(
  contract: Contract<Query, Body, Output>,
  run: (call: Call<Query, Body>) => Promise<Output | Reply> | Output | Reply,
): Action {
  const handle = async (event: APIGatewayProxyEventV2, now: number) => {
    await ready();
    const apiKey = await admitted(contract.scope, event, now);
    const { bytes, json } = readBody(contract, event);
    const call = {
      params: { ...event.pathParameters } as Readonly<Record<string, string>>,
      query: contract.query
        ? parsed(contract.query, readQuery(event.rawQueryString), 'query')
        : (noQuery(event) as Query),
      body: contract.body ? parsed(contract.body, json, 'body') : (undefined as Body),
      headers: event.headers,
      path: event.rawPath,
      method: event.requestContext.http.method,
      apiKey,
      ifMatch: assertIfMatch(event.headers['if-match']),
    };
    const attempt = ({ now: at, chance }: Attempt) => run({ ...call, now: at, chance });
    return once(event, bytes, apiKey.id, now, contract, attempt);
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

/** A route without query parameters refuses every one. */
function noQuery(event: APIGatewayProxyEventV2): undefined {
  const faults = Object.keys(readQuery(event.rawQueryString));
  if (faults.length === 0) return undefined;
  throw new Problem('unknownKey', 'There is no such parameter.', {
    errors: faults.map((parameter) => ({ parameter, code: 'unknownKey', detail: 'There is no such parameter.' })),
  });
}
