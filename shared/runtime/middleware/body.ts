import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type PlacedFault, Problem, problemOf } from '../../domain/errors.ts';
import { FORBIDDEN_NAMES } from '../../domain/properties/property.ts';
import { below } from '../../domain/report.ts';
import { fromJson } from '../../domain/values/json.ts';
import type { AnyContract } from '../contract.ts';
import type { ActionMiddleware } from '../pipeline.ts';
import type { Sent } from '../shaped.ts';

/** A body: its bytes as they were sent, and their JSON when the contract has a schema for it. */
export type Body = { readonly bytes: Buffer; readonly sent: Sent };

const NO_JSON: Sent = { input: undefined, faults: [] };

/** The size limit of a body in bytes, unless the contract has another. */
const MAX_BYTES = 262_144;

/** The limit of nesting in a body: more than any rule needs, and few enough for recursive functions. */
const MAX_DEPTH = 64;

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

/** Faults of names that would set an object's prototype, at any depth. A schema drops such names without a fault. */
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
 * @throws Problem `malformedJson`, `tooDeep`: no further fault of such a body can be found
 */
function readJson(bytes: Buffer): Sent {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const input = fromJson(text);
    const faults = forbiddenNames(input, '', 0);
    if (faults.length === 0) return { input, faults };
    // A reviver that returns undefined removes the name.
    return { input: JSON.parse(text, (name, value) => (FORBIDDEN_NAMES.has(name) ? undefined : value)), faults };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw problemOf([{ pointer: '', code: 'malformedJson', detail: 'The body is not JSON in UTF-8.' }]);
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
