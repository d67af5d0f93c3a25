import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ActionMiddleware, ActionRequest } from '../pipeline.ts';

function complete(request: ActionRequest): void {
  const { requestId, http } = request.event.requestContext;
  const { body, isBase64Encoded, ...answer } = request.response as APIGatewayProxyStructuredResultV2;
  const headers = { ...answer.headers, 'x-content-type-options': 'nosniff', 'x-request-id': requestId };
  request.response = { ...answer, headers, ...(http.method !== 'HEAD' && { body, isBase64Encoded }) };
}

/** Adds the headers that every answer has, and removes the body of an answer to HEAD. */
export const everyAnswer: ActionMiddleware = { after: complete, onError: complete };
