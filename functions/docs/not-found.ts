import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Problem } from '../../shared/domain/errors.ts';
import { problemAnswer } from '../../shared/runtime/answer.ts';

/** What no route matches. No action: there is no contract whose key, query or body could be wrong first. */
export const handler = async ({ requestContext }: APIGatewayProxyEventV2) => {
  const { requestId } = requestContext;
  const answer = problemAnswer(
    new Problem('notFound', 'There is no such route. GET /docs shows those there are.'),
    requestId,
  );
  return { ...answer, headers: { ...answer.headers, 'x-request-id': requestId } };
};
