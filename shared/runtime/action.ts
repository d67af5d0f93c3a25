import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 as HttpAnswer } from 'aws-lambda';
import { Problem } from '../domain/errors.ts';
import type { AnyContract, Asked, Contract, Reply } from './contract.ts';
import { names } from './etag.ts';
import { answer } from './middleware/answer.ts';
import { body } from './middleware/body.ts';
import { check } from './middleware/check.ts';
import { compression } from './middleware/compression.ts';
import { connection } from './middleware/connection.ts';
import { everyAnswer } from './middleware/every-answer.ts';
import { idempotency } from './middleware/idempotency.ts';
import { apiKey } from './middleware/key.ts';
import { problems } from './middleware/problems.ts';
import { rate } from './middleware/rate.ts';
import { requestLog } from './middleware/request-log.ts';
import { shapes } from './middleware/shapes.ts';
import { type ActionContext, pipeline, type State } from './pipeline.ts';

/** The argument of an action's arrow: the parsed request, its API key, time and entropy. */
export type Call<Path, Query, Body, Input> = Pick<Asked<Path, Query, Body>, 'rawPath' | 'apiKey' | 'now'> & {
  readonly path: Path;
  readonly query: Query;
  readonly body: Body;
  /** The value of the contract's `check`. */
  readonly input: Input;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The HTTP method: `GET` and `HEAD` lead to one action. */
  readonly method: string;
  /** Thirty-two random bytes. A call that failed and is repeated gets the same bytes. */
  readonly entropy: Uint8Array;
  /** @throws Problem `stale` when the request's `If-Match` does not name this version */
  readonly ifMatch: (version: number) => void;
};

type HttpHandler = (event: APIGatewayProxyEventV2) => Promise<HttpAnswer>;

/** A Lambda handler with its contract. */
export type Action = HttpHandler & { readonly contract: AnyContract };

function ifMatch({ headers }: APIGatewayProxyEventV2): (version: number) => void {
  const header = headers['if-match'];
  return (version) => {
    if (header === undefined || names(header.trim(), version)) return;
    throw new Problem('stale', 'This was changed since you read it. Read it again and repeat the change.');
  };
}

const callOf = (event: APIGatewayProxyEventV2, { asked, path, attempt, input }: State) => ({
  ...asked,
  ...attempt,
  path,
  input,
  headers: event.headers,
  method: event.requestContext.http.method,
  ifMatch: ifMatch(event),
});

/** The handler of one route: its contract, and one arrow over the parsed request. */
export function action<Path = undefined, Query = undefined, Body = undefined, Output = undefined, Input = undefined>(
  given: Contract<Path, Query, Body, Output, Input>,
  arrow: (call: Call<Path, Query, Body, Input>) => Promise<Output | Reply> | Output | Reply,
): Action {
  const contract = given as AnyContract;
  const run = arrow as (call: unknown) => unknown;
  // The order of the list is the order of the errors that the API promises.
  const handler = pipeline<APIGatewayProxyEventV2, ActionContext, HttpAnswer>(
    [
      requestLog,
      everyAnswer,
      problems,
      compression,
      connection,
      apiKey(contract), // 401, 403
      rate, // 429
      body(contract), // 413, 415, 400
      shapes(contract), // 400
      answer(contract),
      idempotency(contract), // 422, 409
      check(contract), // 400, 404
    ],
    (event, { state }) => (state.recalled ? state.recalled.output : run(callOf(event, state))),
  );
  return Object.assign(handler, { contract });
}

/** The handler of requests that match no route: a 404, with or without a key. */
export function noRoute(detail: string): HttpHandler {
  return pipeline<APIGatewayProxyEventV2, ActionContext, HttpAnswer>([requestLog, everyAnswer, problems], () => {
    throw new Problem('notFound', detail);
  });
}
