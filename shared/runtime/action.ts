import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { type PlacedFault, Problem, placeOf, problemOf } from '../domain/errors.ts';
import type { KeyScope } from '../domain/keys/api-key.ts';
import { MOST_FAULTS, type Reading } from '../domain/report.ts';
import { answer, problemAnswer } from './answer.ts';
import { assertRate, assertScope, authenticated } from './auth.ts';
import type { AnyContract, Asked, Contract, Reply } from './contract.ts';
import { log } from './log.ts';
import { idempotencyKeyOf, once } from './once.ts';
import { assertIfMatch } from './precondition.ts';
import { ready } from './ready.ts';
import { assertJson, bytesOf, readJsonBody, readQuery, type Sent, shaped } from './request.ts';

/** What an action's arrow is given: parsed input, who asks, and time and entropy as arguments. */
export type Call<Path, Query, Body, Input> = Pick<Asked<Path, Query, Body>, 'rawPath' | 'apiKey' | 'now'> & {
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
  /** What the contract's `check` made of the request. */
  readonly input: Input;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `GET`; two methods may lead to one action. */
  readonly method: string;
  /** Thirty-two bytes, random, or the same again for a call that is taken up after it died. */
  readonly entropy: Uint8Array;
  /** @throws Problem `stale` when the request's `If-Match` does not name this version */
  readonly ifMatch: (version: number) => void;
};

const NOBODY: Asked<never, never, never>['apiKey'] = { id: '', email: '', scopes: [] };
const MAX_BYTES = 262_144;

/** A handler of Lambda that carries its contract. */
export type Action = {
  (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2>;
  readonly contract: AnyContract;
};

async function admitted(scope: AnyContract['scope'], event: APIGatewayProxyEventV2, now: number) {
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

const faultsIn = (reading: Reading<unknown>) => ('faults' in reading ? reading.faults : []);

/** The parameters of a path; null when they name nothing. */
function pathOf<Path>(
  schema: z.ZodMiniType<Path> | undefined,
  { pathParameters }: APIGatewayProxyEventV2,
): Path | null {
  const result = (schema ?? z.unknown()).safeParse(pathParameters ?? {});
  return result.success ? (result.data as Path) : null;
}

/** What a contract's `check` makes of a request. @throws Problem with its faults, behind those that were found before */
async function checked<Path, Query, Body, Input>(
  contract: Pick<Contract<Path, Query, Body, unknown, Input>, 'check'>,
  asked: Asked<Path, Query, Body>,
  found: readonly PlacedFault[],
): Promise<Input> {
  const reading = contract.check ? await contract.check(asked) : { value: undefined as Input };
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
export function action<Path = undefined, Query = undefined, Body = undefined, Output = undefined, Input = undefined>(
  contract: Contract<Path, Query, Body, Output, Input>,
  run: (call: Call<Path, Query, Body, Input>) => Promise<Output | Reply> | Output | Reply,
): Action {
  const handle = async (event: APIGatewayProxyEventV2, now: number) => {
    await ready();
    const apiKey = await admitted(contract.scope, event, now);
    const { bytes, sent } = readBody(contract, event);
    const query = shaped<unknown>(contract.query ?? NO_QUERY, readQuery(event.rawQueryString), 'query');
    const body = shaped<unknown>(contract.body ?? ANY_BODY, sent, 'body');
    const path = pathOf(contract.path, event);
    // What has a fault is checked too, for the faults; it never comes to the arrow.
    const asked = {
      path: path ?? ({} as Path),
      query: query.sound as Query,
      body: body.sound as Body,
      rawPath: event.rawPath,
      apiKey,
    };
    const key = idempotencyKeyOf(event, contract);
    const faults = [...faultsIn(key), ...query.faults, ...body.faults];
    if (faults.length > 0) await checked(contract, { ...asked, now }, faults);
    if (path === null) throw new Problem('notFound', 'There is no such thing.');
    const more = {
      headers: event.headers,
      method: event.requestContext.http.method,
      ifMatch: assertIfMatch(event.headers['if-match']),
    };
    const repeatable = { event, key: 'value' in key ? key.value : null, bytes, body: asked.body, apiKey, now };
    const outcome = await once(repeatable, contract, async ({ now: at, entropy }) => {
      const call = { ...asked, ...more, now: at, entropy };
      const input = await checked(contract, call, []);
      return run({ ...call, input });
    });
    return { ...outcome, path: asked.path };
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
  return Object.assign(handler, { contract: contract as AnyContract });
}
