import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { log } from '../log.ts';
import type { ActionMiddleware, ActionRequest, State } from '../pipeline.ts';

function write({ event, context, response }: ActionRequest): void {
  const { statusCode: status = 200 } = response as APIGatewayProxyStructuredResultV2;
  const ms = Date.now() - context.state.now;
  log.info('request', { request: event.requestContext.requestId, route: event.routeKey, status, ms });
}

/** Logs one line for each request, and reads the clock for all of it. */
export const requestLog: ActionMiddleware = {
  before: ({ context }) => {
    context.state = { now: Date.now() } as State;
  },
  after: write,
  onError: write,
};
