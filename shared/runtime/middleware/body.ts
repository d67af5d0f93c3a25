import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type PlacedFault, Problem, problemOf } from '../../domain/errors.ts';
import { FORBIDDEN_NAMES } from '../../domain/properties/property.ts';
import { below } from '../../domain/report.ts';
import { fromJson } from '../../domain/values/json.ts';
import type { AnyContract } from '../contract.ts';
import type { ActionMiddleware } from '../pipeline.ts';
import type { Sent } from '../shaped.ts';

/** A body as it was sent: its bytes, and their JSON where the contract has a schema for it. */
export type Body = { readonly bytes: Buffer; readonly sent: Sent };

const NO_JSON: Sent = { input: undefined, faults: [] };

/** The most bytes of a body of a contract that says nothing else. */
const MAX_BYTES = 262_144;

/** How deep a body may nest: deeper than any rule, and shallow enough for every reader. */
const MAX_DEPTH = 64;

/** The bytes of a body, as the client sent them. */
function bytesOf(event: APIGatewayProxyEventV2): Buffer {
  return Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
}

/** @throws Problem `unsupportedMediaType` when a body is not said to be JSON */
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

/** Names that would touch an object's prototype, wherever they stand; a schema drops them without a word. */
function forbiddenNames(value: unknown, pointer: string, depth: number): readonly PlacedFault[] {
  if (typeof value !== 'object' || value === null) return [];
  if (depth > MAX_DEPTH) throw problemOf([{ pointer, code: 'tooDeep', detail: `Nest at most ${MAX_DEPTH} deep.` }]);
  const isArray = Array.isArray(value);
  return Object.entries(value).flatMap(([name, inner]): readonly PlacedFault[] => {
    const at = below(pointer, name);
    if (!isArray && FORBIDDEN_NAMES.has(name)) {
      return [{ pointer: at, code: 'forbiddenName', detail: 'This name cannot be used.' }];
    }
    return forbiddenNames(inner, at, depth + 1);
  });
}

/**
 * The JSON of a body, without forbidden names.
 *
 * @throws Problem `malformedJson`, `tooDeep`: of such a body nothing more can be said
 */
function readJson(bytes: Buffer): Sent {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const input = fromJson(text);
    const faults = forbiddenNames(input, '', 0);
    if (faults.length === 0) return { input, faults };
    // A reviver that answers undefined takes the name away.
    return { input: JSON.parse(text, (name, value) => (FORBIDDEN_NAMES.has(name) ? undefined : value)), faults };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw problemOf([{ pointer: '', code: 'malformedJson', detail: 'The body is not JSON in UTF-8.' }]);
  }
}

/** Reads the body: not too large (413), said to be JSON (415), and JSON (400). */
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
