import { isOutage } from '../../data/table/outage.ts';
import { Problem } from '../../domain/errors.ts';
import { log, traceOf } from '../log.ts';
import type { ActionMiddleware } from '../pipeline.ts';
import { kindOf, problemBody } from '../problem.ts';

function problemOfError(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isOutage(error)) {
    return new Problem('unavailable', 'Roster is busy. Try again in a second.', { headers: { 'retry-after': '1' } });
  }
  return new Problem('internal', 'Something went wrong here. The request id helps to find it in the logs.');
}

/** Answers with the problem that was thrown. Any other error is logged, and answered without its message. */
export const problems: ActionMiddleware = {
  onError: (request) => {
    const { error } = request;
    const { requestId } = request.event.requestContext;
    const problem = problemOfError(error);
    if (!(error instanceof Problem)) log.error('unforeseen', { request: requestId, ...traceOf(error) });
    request.response = {
      statusCode: kindOf(problem).status,
      headers: {
        'content-type': 'application/problem+json; charset=utf-8',
        'cache-control': 'no-store',
        ...problem.headers,
      },
      body: JSON.stringify(problemBody(problem, requestId)),
    };
  },
};
