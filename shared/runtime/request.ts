import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod/mini';
import { type PlacedFault, Problem, problemOf } from '../domain/errors.ts';
import { FORBIDDEN_NAMES } from '../domain/property.ts';
import { escaped, faultsOf } from './problem.ts';

/** How deep a body may nest: deeper than any rule, and shallow enough for every reader. */
const MAX_DEPTH = 64;

/** Query parameters that may be given several times. */
const REPEATABLE: ReadonlySet<string> = new Set(['tagsAll', 'tagsAny', 'tagsNone']);

/** The bytes of a body, as the client sent them. */
export function bytesOf(event: APIGatewayProxyEventV2): Buffer {
  return Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
}

/** @throws Problem `unsupportedMediaType` when a body is not said to be JSON */
export function assertJson(event: APIGatewayProxyEventV2): void {
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
  if (depth > MAX_DEPTH) return [{ pointer, code: 'tooDeep', detail: `Nest at most ${MAX_DEPTH} deep.` }];
  const isArray = Array.isArray(value);
  return Object.entries(value).flatMap(([name, inner]): readonly PlacedFault[] => {
    const at = `${pointer}/${escaped(name)}`;
    if (!isArray && FORBIDDEN_NAMES.has(name)) {
      return [{ pointer: at, code: 'forbiddenName', detail: 'This name cannot be used.' }];
    }
    return forbiddenNames(inner, at, depth + 1);
  });
}

/** The JSON of a body, free of forbidden names. */
export function readJsonBody(bytes: Buffer): unknown {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw problemOf([{ pointer: '', code: 'malformedJson', detail: 'The body is not JSON in UTF-8.' }]);
  }
  const faults = forbiddenNames(body, '', 0);
  if (faults.length > 0) throw problemOf(faults);
  return body;
}

/** The query parameters as one object; a repeated one is a fault, but for those that may be repeated. */
export function readQuery(raw: string): Record<string, string> {
  const query: Record<string, string> = {};
  const faults: PlacedFault[] = [];
  for (const [name, value] of new URLSearchParams(raw)) {
    if (FORBIDDEN_NAMES.has(name)) {
      faults.push({ parameter: name, code: 'unknownKey', detail: 'There is no such parameter.' });
    } else if (query[name] === undefined) query[name] = value;
    else if (REPEATABLE.has(name)) query[name] += `,${value}`;
    else faults.push({ parameter: name, code: 'tooMany', detail: 'Give this parameter once.' });
  }
  if (faults.length > 0) throw problemOf(faults);
  return query;
}

/** Reads input by its schema. @throws Problem with an entry for each fault */
export function parsed<T>(schema: z.ZodMiniType<T>, input: unknown, place: 'body' | 'query'): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw problemOf(faultsOf(result.error, input, place));
}
