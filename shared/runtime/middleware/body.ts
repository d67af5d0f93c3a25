import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { Problem } from '../../domain/errors.ts';
import { readJson, type Sent } from '../../domain/json-input.ts';
import type { AnyContract } from '../contract.ts';
import type { ActionMiddleware } from '../pipeline.ts';

/** A body: its bytes as they were sent, and their JSON when the contract has a schema for it. */
export type Body = { readonly bytes: Buffer; readonly sent: Sent };

const NO_JSON: Sent = { input: undefined, faults: [] };

/** The size limit of a body in bytes, unless the contract has another. */
const MAX_BYTES = 262_144;

/** The bytes of a body, as the client sent them. */
function bytesOf(event: APIGatewayProxyEventV2): Buffer {
  return Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
}

/** @throws Problem `unsupportedMediaType` when the media type of a body is not JSON */
function assertJson(event: APIGatewayProxyEventV2): void {
  const [type = ''] = (event.headers['content-type'] ?? '').toLowerCase().split(';');
  const accepted =
    event.requestContext.http.method === 'PATCH'
      ? ['application/json', 'application/merge-patch+json']
      : ['application/json'];
  if (!accepted.includes(type.trim())) {
    throw new Problem('unsupportedMediaType', `Send the body as ${accepted.join(' or ')}.`);
  }
}

/** Parses the body: its size (413), its media type (415) and its JSON (400). */
export function body(contract: Pick<AnyContract, 'body' | 'maxBytes'>): ActionMiddleware {
  const maxBytes = contract.maxBytes ?? MAX_BYTES;
  return {
    before: ({ event, context: { state } }) => {
      const bytes = bytesOf(event);
      if (bytes.length > maxBytes) throw new Problem('tooLarge', `A body has at most ${maxBytes} bytes here.`);
      if (contract.body) assertJson(event);
      state.body = { bytes, sent: contract.body ? readJson(bytes) : NO_JSON };
    },
  };
}
