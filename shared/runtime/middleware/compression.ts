import contentEncoding from '@middy/http-content-encoding';
import contentNegotiation from '@middy/http-content-negotiation';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ActionMiddleware, ActionRequest } from '../pipeline.ts';

/** Answers below this many characters fit into one packet: compressing them saves nothing. */
const WORTH_IT = 1_400;

const negotiation = contentNegotiation({
  parseCharsets: false,
  parseLanguages: false,
  parseMediaTypes: false,
  // Brotli at its own default takes longer to write a page than a client takes to read it.
  availableEncodings: ['gzip'],
  failOnMismatch: false,
});
const encoding = contentEncoding();

/** An answer with an ETag is left as it is: a strong ETag names its very bytes. */
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
    // Caches are told of the other form also with the answer that was not compressed.
    answer.headers = { ...headers, vary: 'accept-encoding', ...(encoded && { 'content-encoding': encoded }) };
  },
};
