import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import * as jobs from '../shared/domain/jobs/job.ts';
import * as apiKeys from '../shared/domain/keys/api-key.ts';
import * as properties from '../shared/domain/properties/property.ts';
import * as rules from '../shared/domain/rules/rule.ts';
import * as segments from '../shared/domain/segments/segment.ts';
import * as users from '../shared/domain/users/user.ts';
import type { Action } from '../shared/runtime/action.ts';
import { type Json, type Names, namesOf, newNames, reachable, reference } from './json-schemas.ts';
import { nameOf } from './names.ts';
import { type Route, routes } from './routes.ts';

/** Where the words of the API are defined: an answer's schema is called by its word. */
const vocabulary = [users, properties, rules, segments, jobs, apiKeys];

type Contract = Action['contract'];
type Answer = { readonly description: string; readonly content?: Json };
type Operation = { readonly method: string; readonly path: string; readonly id: string; readonly contract: Contract };
/** Paths at which a thing with a version is: what changes it honours `If-Match`. */
type Versioned = ReadonlySet<string>;

/** What a newcomer reads first. */
const introduction = `
Send an API key with every call: \`Authorization: Bearer rk_…\`. The first one is printed when Roster starts on one
machine; in the cloud it is made by the function that the output \`FirstKeyFunction\` names.

- **Users** are named by id or by an identifier, \`email:ada@example.com\`. A reference with a slash or a percent sign is
  written as \`~\` and its base64url.
- **Errors** are problems (RFC 9457). Programs branch on \`code\`; \`errors\` says what is wrong where.
- **Lists** are pages: only \`nextCursor: null\` ends one.
- **Versions**: an answer's \`ETag\`, sent back as \`If-Match\`, keeps you from overwriting what you have not seen.
- **Retries**: a \`POST\` with an \`Idempotency-Key\` has one effect, however often it is sent.
`.trim();

const parameterNotes: Record<string, string> = {
  ref: 'An id, or `<identifier>:<value>` such as `email:ada@example.com`, or `~` and its base64url.',
  token: 'The secret part of a link.',
};

const Problem: Json = {
  type: 'object',
  description: 'RFC 9457. Programs branch on `code`; `detail` is for people.',
  required: ['type', 'code', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string' },
    code: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['code', 'detail'],
        properties: Object.fromEntries(
          ['pointer', 'parameter', 'header', 'code', 'detail', 'id'].map((name) => [name, { type: 'string' }]),
        ),
      },
    },
  },
};

const group = (name: 'all' | 'any') => ({
  type: 'object',
  required: [name],
  properties: { [name]: { type: 'array', minItems: 1, items: reference('GivenRule') } },
  additionalProperties: false,
});

/** A rule as it is sent. The contracts leave it open, since a checker of its own reads it and points into it. */
const GivenRule: Json = {
  description: 'One condition, or a group: `all` and `any` of several rules, `not` of one.',
  anyOf: [
    {
      type: 'object',
      required: ['field', 'op'],
      properties: {
        field: {
          type: 'string',
          description: 'A property, or `id status tags companies source signedUpAt createdAt updatedAt lastSeenAt`.',
        },
        op: { type: 'string', description: 'Such as `is`, `in`, `contains`, `exists`, `atLeast`, `before`, `hasAny`.' },
        value: { description: 'What the operator compares with; some take none.' },
        exact: { type: 'boolean', description: 'Compare texts letter by letter.' },
        timeZone: { type: 'string', enum: ['deployment', 'user'] },
      },
      additionalProperties: false,
    },
    group('all'),
    group('any'),
    { type: 'object', required: ['not'], properties: { not: reference('GivenRule') }, additionalProperties: false },
  ],
};

/** Bodies with the schema of a rule where they take one. */
function withRules(bodies: Record<string, Json>): Record<string, Json> {
  const isOpen = (value: unknown) => JSON.stringify(value) === '{}';
  return JSON.parse(JSON.stringify(bodies), (key, value) =>
    (key === 'rule' || key === 'where') && isOpen(value) ? reference('GivenRule') : value,
  );
}

const problemAnswer = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: reference('Problem') } },
});

/** The problems that a route of this kind may answer with, by status. */
function problemsOf({ method, path, contract }: Operation, versioned: Versioned): Record<string, Answer> {
  const keyed = contract.scope !== 'public';
  const writes = method !== 'get' && method !== 'head' && contract.writes !== false;
  const reasons: [boolean, number, string][] = [
    [true, 400, 'The request is wrong; `errors` says where.'],
    [keyed, 401, 'No key, or one that does not open anything.'],
    [keyed, 403, 'The key lacks the scope.'],
    [path.includes('{') || contract.replay !== undefined, 404, 'There is no such thing, or not any more.'],
    [writes, 409, 'It clashes with what is there.'],
    [path.includes('{'), 410, 'It was there, and is gone.'],
    [writes && versioned.has(path), 412, 'It has changed since (`If-Match`).'],
    [true, 413, 'The body is too large.'],
    [contract.body !== undefined, 415, 'The body is not said to be JSON.'],
    [writes && method === 'post', 422, 'The `Idempotency-Key` was used for another request.'],
    [keyed, 429, 'Too many requests; `Retry-After` says when.'],
    [true, 500, 'A fault of ours.'],
    [true, 503, 'Busy; `Retry-After` says when.'],
  ];
  return Object.fromEntries(
    reasons.filter(([applies]) => applies).map(([, status, reason]) => [status, problemAnswer(reason)]),
  );
}

/** Whether a GET answers one thing with a version, and so with an ETag. */
function hasEtag({ method, contract: { output } }: Operation): boolean {
  if (method !== 'get' || output === undefined) return false;
  return z.toJSONSchema(output, { unrepresentable: 'any' }).properties?.version !== undefined;
}

function answersOf(operation: Operation, names: Names): Record<string, Answer> {
  const { id, method, contract } = operation;
  const replies = Object.entries(contract.replies ?? {}).map(([status, type]): [string, Answer] => [
    // HEAD tells that GET would lead on, and leads nowhere.
    method === 'head' && status === '302' ? '200' : status,
    { description: contract.summary, ...(type === '' ? {} : { content: { [type]: {} } }) },
  ]);
  const others = Object.fromEntries(replies);
  const { output } = contract;
  if (output === undefined && replies.length > 0) return others;
  const content = output && { 'application/json': { schema: reference(names.of(output, `${id}Answer`)) } };
  const main = { description: contract.summary, ...(content && { content }) };
  const same = hasEtag(operation) && { 304: { description: 'The version is still the one in `If-None-Match`.' } };
  return { [contract.status ?? 200]: main, ...same, ...others };
}

/** All answers by status: what is a problem to programs may be a page to browsers. */
function responsesOf(operation: Operation, names: Names, versioned: Versioned): Json {
  const answers = answersOf(operation, names);
  const both = Object.entries(problemsOf(operation, versioned)).map(([status, problem]) => [
    status,
    { ...problem, content: { ...problem.content, ...answers[status]?.content } },
  ]);
  const all: Record<string, Answer> = { ...answers, ...Object.fromEntries(both) };
  if (operation.method !== 'head') return all;
  return Object.fromEntries(Object.entries(all).map(([status, { description }]) => [status, { description }]));
}

function queryOf(contract: Contract): Json[] {
  if (contract.query === undefined) return [];
  const { properties: fields = {}, required = [] } = z.toJSONSchema(contract.query, {
    io: 'input',
    unrepresentable: 'any',
  });
  return Object.entries(fields).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function headersOf(operation: Operation, versioned: Versioned): Json[] {
  const { method, path, contract } = operation;
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  });
  if (contract.scope === 'public') return [];
  if (method === 'post' && contract.writes !== false) {
    return [header('Idempotency-Key', 'Repeat a call with the same key and it has one effect.')];
  }
  if (hasEtag(operation)) return [header('If-None-Match', 'Only when the version is another one.')];
  if (method === 'get' || !versioned.has(path)) return [];
  return [header('If-Match', 'Only when the version is still this one.')];
}

function pathParametersOf(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...(parameterNotes[name] === undefined ? {} : { description: parameterNotes[name] }),
    schema: { type: 'string' },
  }));
}

function securityOf({ scope }: Contract): Json {
  if (scope === 'public') return { security: [] };
  const scopes = typeof scope === 'string' ? [scope] : scope;
  return { security: scopes.map((one) => ({ key: [one] })) };
}

function operationOf(operation: Operation, names: { bodies: Names; answers: Names }, versioned: Versioned): Json {
  const { method, path, id, contract } = operation;
  const { body } = contract;
  const schema = body && reference(names.bodies.of(body, `${id}Body`));
  return {
    operationId: method === 'head' ? `${id}Head` : id,
    tags: [id === 'DocsPage' || id === 'DocsOpenapi' || id === 'HealthGet' ? 'about' : tagOf(path)],
    summary: contract.summary,
    ...(contract.description === undefined ? {} : { description: contract.description }),
    parameters: [...pathParametersOf(path), ...queryOf(contract), ...headersOf(operation, versioned)],
    ...(schema && { requestBody: { required: true, content: contentOf(method, schema) } }),
    responses: responsesOf(operation, names.answers, versioned),
    ...securityOf(contract),
  };
}

/** A body as JSON; what changes a thing may also be called a merge patch, which it is. */
function contentOf(method: string, schema: Json): Json {
  const json = { 'application/json': { schema } };
  return method === 'patch' ? { ...json, 'application/merge-patch+json': { schema } } : json;
}

/** `/v1/users/{ref}` → `users`. */
function tagOf(path: string): string {
  return path.split('/')[2] ?? 'about';
}

/** The functions behind the routes, with their contracts. `$default` has none: it is what is no route. */
async function operations(): Promise<Operation[]> {
  const named = Object.entries<Route>(routes).filter(([name]) => name !== '$default');
  return Promise.all(
    named.map(async ([name, { run }]) => {
      const [method = '', path = ''] = name.split(' ');
      const { handler }: { handler: Action } = await import(new URL(`../functions/${run}.ts`, import.meta.url).href);
      return { method: method.toLowerCase(), path, id: nameOf(run), contract: handler.contract };
    }),
  );
}

/** The whole HTTP API as OpenAPI 3.1: routes joined with the contracts of their actions. */
export async function openapi(): Promise<Json> {
  const names = { bodies: newNames(), answers: namesOf(vocabulary) };
  const paths: Record<string, Record<string, Json>> = {};
  const all = await operations();
  const versioned = new Set(all.filter(hasEtag).map(({ path }) => path));
  for (const operation of all) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationOf(operation, names, versioned) };
  }
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return {
    openapi: '3.1.0',
    info: { title: 'Roster', version, description: introduction },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: reachable(paths, {
        Problem,
        GivenRule,
        ...withRules(names.bodies.schemas('input')),
        ...names.answers.schemas('output'),
      }),
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: `rk_…`' } },
    },
  };
}
