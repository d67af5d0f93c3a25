import contentEncoding from '@middy/http-content-encoding';
import contentNegotiation from '@middy/http-content-negotiation';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ActionMiddleware, ActionRequest } from '../pipeline.ts';

/** An answer with fewer characters fits into one packet, so that compression saves nothing. */
const WORTH_IT = 1_400;

const negotiation = contentNegotiation({
  parseCharsets: false,
  parseLanguages: false,
  parseMediaTypes: false,
  // Brotli at its default quality takes seconds for a large page.
  availableEncodings: ['gzip'],
  failOnMismatch: false,
});
const encoding = contentEncoding();

/** False for an answer with an ETag: a strong ETag identifies the bytes of the answer. */
function isCompressible({ headers = {}, body = '' }: APIGatewayProxyStructuredResultV2): boolean {
  return headers.etag === undefined && body.length >= WORTH_IT;
}

/** Compresses lists and documents for clients that accept gzip. */
export const compression: ActionMiddleware = {
  before: (request: ActionRequest) => negotiation.before?.(request),
  after: async (request) => {
    const answer = request.response as APIGatewayProxyStructuredResultV2;
    if (!isCompressible(answer)) return;
    await encoding.after?.(request);
    const { Vary: _, 'Content-Encoding': encoded, ...headers } = answer.headers ?? {};
    // The answer that was not compressed has `Vary` too, so that caches know that there is another.
    answer.headers = { ...headers, vary: 'accept-encoding', ...(encoded && { 'content-encoding': encoded }) };
  },
};
