import middy from '@middy/core';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Asked, Caller } from './contract.ts';
import type { Body } from './middleware/body.ts';

/** One run of a call: its start in milliseconds since 1970, and the bytes of which its ids are made. */
export type Attempt = { readonly now: number; readonly entropy: Uint8Array };

/** The values that one middleware of an action sets for those behind it, in the order in which they are set. */
export type State = {
  /** The time at which the request was received, in milliseconds since 1970. Set by `requestLog`. */
  now: number;
  /** Set by `apiKey`. */
  apiKey: Caller;
  /** Set by `body`. */
  body: Body;
  /** The request without its faulty values. Set by `shapes`. */
  asked: Asked<unknown, unknown, unknown>;
  /** The parameters of the path; null when they name nothing. Set by `shapes`. */
  path: unknown;
  /** Null for a call without one, or one that ignores it. Set by `shapes`. */
  idempotencyKey: string | null;
  /** Set by `idempotency`. */
  attempt: Attempt;
  /** The name of the idempotency record that marks the call as running, while it runs. Set by `idempotency`. */
  record?: string | undefined;
  /** The status of the first answer, when the call is repeated. Set by `idempotency`. */
  replayed?: number;
  /** The answer to a repeated call: neither the check nor the arrow runs. Set by `idempotency`. */
  recalled?: { readonly output: unknown };
  /** The value of the contract's check. Set by `check`. */
  input: unknown;
};

/** Lambda's context with the state: middy gives nothing else to the handler. */
export type ActionContext = Context & { state: State };

/** The request of middy that the middlewares of an action share. */
export type ActionRequest = middy.Request<APIGatewayProxyEventV2, unknown, Error, ActionContext>;

/** A middleware of an action: its hooks before the arrow, after it, and on an error. */
export type ActionMiddleware = middy.MiddlewareObj<APIGatewayProxyEventV2, unknown, Error, ActionContext>;

/**
 * A handler with its middlewares, built once a process. The `before` hooks run down the list, the `after` and `onError`
 * hooks run up.
 *
 * Middy's early timeout is off: Lambda ends a call that takes too long, and its caller tries again.
 */
export function pipeline<Event, Ctx extends Context, Answer>(
  middlewares: readonly middy.MiddlewareObj<Event, unknown, Error, Ctx>[],
  run: (event: Event, context: Ctx) => unknown,
): (event: Event, context?: Partial<Context>) => Promise<Answer> {
  const handler = middy<Event, unknown, Error, Ctx>(run, { timeoutEarlyInMillis: 0 }).use([...middlewares]);
  // The middlewares replace the handler's output by the answer.
  return handler as unknown as (event: Event, context?: Partial<Context>) => Promise<Answer>;
}
