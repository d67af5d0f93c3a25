import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { type PlacedFault, Problem, problemOf } from '../domain/errors.ts';
import { FORBIDDEN_NAMES } from '../domain/properties/property.ts';
import { below, type Sound } from '../domain/report.ts';
import { fromJson } from '../domain/values/json.ts';
import { faultsOf } from './problem.ts';

/** A body or a query as it was sent, without what no schema must see, and a fault for each of that. */
export type Sent = { readonly input: unknown; readonly faults: readonly PlacedFault[] };

/** What of an input has its shape, and a fault for everything that has not: where there is none, the input is whole. */
export type Shaped<T> = { readonly sound: Sound<T>; readonly faults: readonly PlacedFault[] };

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
export function readJsonBody(bytes: Buffer): Sent {
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

/** The query parameters as one object; one that is repeated is an array, but for those that may be repeated. */
export function readQuery(raw: string): Sent {
  const given = new URLSearchParams(raw);
  const names = [...new Set(given.keys())];
  const forbidden = names.filter((name) => FORBIDDEN_NAMES.has(name));
  const entries = names
    .filter((name) => !FORBIDDEN_NAMES.has(name))
    .map((name): [string, unknown] => {
      const [only = '', ...more] = given.getAll(name);
      if (more.length === 0) return [name, only];
      return [name, REPEATABLE.has(name) ? [only, ...more].join(',') : [only, ...more]];
    });
  const detail = 'There is no such parameter.';
  return {
    input: Object.fromEntries(entries),
    faults: forbidden.map((parameter) => ({ parameter, code: 'unknownKey', detail })),
  };
}

type Issue = z.core.$ZodIssue;

/** Where the parts stand that an issue speaks of. */
function pathsOf(issue: Issue): readonly (readonly PropertyKey[])[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((name) => [...issue.path, name]) : [issue.path];
}

const isObject = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === 'object' && value !== null;

/** Takes a part out of a body: an element of an array leaves a hole, so that the others keep their places. */
function takeOut(body: unknown, path: readonly PropertyKey[]): void {
  const last = path.at(-1);
  const parent = path.slice(0, -1).reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), body);
  if (last === undefined || !isObject(parent)) return;
  if (Array.isArray(parent)) delete parent[Number(last)];
  else parent[last] = undefined;
}

/** What is left of an object when everything wrong is taken out of it; keys without a fault are read by the schema. */
function soundOf<T>(schema: z.ZodMiniType<T>, input: unknown, issues: readonly Issue[]): Sound<T> {
  if (!(schema instanceof z.ZodMiniObject) || !isObject(input) || Array.isArray(input)) return {};
  const left: Record<PropertyKey, unknown> = structuredClone(input);
  const paths = issues.flatMap(pathsOf);
  for (const path of paths) takeOut(left, path);
  const faulty = new Set(paths.map(([first]) => first));
  for (const [name, field] of Object.entries(schema.shape)) {
    if (!faulty.has(name)) left[name] = z.parse(field, left[name]);
  }
  return left as Sound<T>;
}

/** Reads input by its schema, as far as it has its shape. */
export function shaped<T>(schema: z.ZodMiniType<T>, { input, faults }: Sent, place: 'body' | 'query'): Shaped<T> {
  const result = schema.safeParse(input);
  if (result.success) return { sound: result.data as Sound<T>, faults };
  return {
    sound: soundOf(schema, input, result.error.issues),
    faults: [...faults, ...faultsOf(result.error, input, place)],
  };
}
