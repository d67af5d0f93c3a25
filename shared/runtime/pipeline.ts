import middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Asked, Caller } from './contract.ts';
import type { Body } from './middleware/body.ts';

/** One run of a call: the time at which it counts as begun, and the bytes that its ids are made of. */
export type Attempt = { readonly now: number; readonly entropy: Uint8Array };

/** The values that the middlewares of an action hand on, in the order in which they are set. */
export type State = {
  /** Milliseconds since 1970 when the request came. Set by `requestLog`. */
  now: number;
  /** Set by `apiKey`. */
  apiKey: Caller;
  /** Set by `body`. */
  body: Body;
  /** Set by `shapes`. What has a fault is missing in it, and then no arrow sees it. */
  asked: Asked<unknown, unknown, unknown>;
  /** The parameters of the path; null when they name nothing. Set by `shapes`. */
  path: unknown;
  /** Null when the call is not to be remembered. Set by `shapes`. */
  idempotencyKey: string | null;
  /** Set by `idempotency`. */
  attempt: Attempt;
  /** The name of the record that says that the call is running, as long as it does. Set by `idempotency`. */
  record?: string | undefined;
  /** The status of the first answer, when the call is repeated. Set by `idempotency`. */
  replayed?: number;
  /** The answer to a repeated call: neither the check nor the arrow runs. Set by `idempotency`. */
  recalled?: { readonly output: unknown };
  /** The value of the contract's check. Set by `check`. */
  input: unknown;
};

/** The context of an action's invocation. The state stands in it, since it is all that a handler of middy is given. */
export type ActionContext = Context & { state: State };

/** A request on its way through the middlewares of an action. */
export type ActionRequest = middy.Request<APIGatewayProxyEventV2, unknown, Error, ActionContext>;

/** One idea of the edge: what it does before the arrow, behind it, and when something was thrown. */
export type ActionMiddleware = middy.MiddlewareObj<APIGatewayProxyEventV2, unknown, Error, ActionContext>;

/**
 * A handler behind its middlewares, put together once a process: `before` runs down the list, `after` and `onError` run
 * up.
 *
 * Middy's own early end is off: whatever takes too long is ended by Lambda, and its caller tries again.
 */
export function pipeline<Event, Ctx extends Context, Answer>(
  middlewares: readonly middy.MiddlewareObj<Event, unknown, Error, Ctx>[],
  run: (event: Event, context: Ctx) => unknown,
): (event: Event, context?: Partial<Context>) => Promise<Answer> {
  const handler = middy<Event, unknown, Error, Ctx>(run, { timeoutEarlyInMillis: 0 }).use([...middlewares]);
  // The last middleware that replaces the response makes it the answer.
  return handler as unknown as (event: Event, context?: Partial<Context>) => Promise<Answer>;
}
