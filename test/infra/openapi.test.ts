import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, bundleOf } from '../../infra/bundle.ts';
import { CODES } from '../../infra/openapi/codes.ts';
import { FIELD_NOTES, SCHEMA_NOTES } from '../../infra/openapi/notes.ts';
import { routes } from '../../infra/routes.ts';
import { kindOf } from '../../shared/runtime/problem.ts';
import { readReference } from '../support/openapi/document.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is a tree that is walked here as readers of it do.
type Json = any;

const reference = await readReference();
const { document } = reference;
beforeAll(() => bundle());

const operations = (): [string, Json][] => reference.operations.map(({ route, operation }) => [route, operation]);

/** The answers of a route by status, with the headers and contents that they refer to. */
function answersOf(route: string): Record<string, Json> {
  const found = reference.operations.find((one) => one.route === route);
  if (!found) throw new Error(`the document has no ${route}`);
  return found.answers;
}

/** The routes whose answers of this kind have a header. */
const routesWith = (header: string, isMeant: (status: number) => boolean) =>
  reference.operations
    .filter(({ answers }) =>
      Object.entries(answers).some(([status, { headers }]) => isMeant(Number(status)) && header in headers),
    )
    .map(({ route }) => route);
const isGood = (status: number) => status < 400;

function nodesOf(tree: Json): Json[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return [tree, ...Object.values(tree).flatMap(nodesOf)];
}

/** Calls a bundled function as the gateway does. */
async function call(path: string, headers: Record<string, string> = {}) {
  const { handler } = await import(join(bundleOf(path), 'index.mjs'));
  return handler({
    rawPath: '/somewhere',
    rawQueryString: '',
    headers,
    requestContext: { requestId: 'request-1', http: { method: 'GET' } },
    routeKey: 'GET /somewhere',
    isBase64Encoded: false,
  });
}

describe('the reference', () => {
  it('describes every route and no other', () => {
    const described = operations().map(([name]) => name);
    expect(described.toSorted()).toEqual(
      Object.keys(routes)
        .filter((name) => name !== '$default')
        .toSorted(),
    );
  });

  it('says what each operation is for, under an id of its own', () => {
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, { summary }] of operations()) expect(summary, name).toMatch(/^[A-Z].{3,}/);
  });

  it('refers to nothing that is not in it', () => {
    const names = nodesOf(document).flatMap((node) => (typeof node.$ref === 'string' ? [node.$ref] : []));
    expect(names.length).toBeGreaterThan(50);
    const isThere = (name: string) => {
      const [, , kind = '', part = ''] = name.split('/');
      return name.startsWith('#/components/') && part in document.components[kind];
    };
    expect(names.filter((name) => !isThere(name))).toEqual([]);
  });

  it('describes answers without a body, and answers that are not JSON', () => {
    const { paths } = document;
    expect(paths['/v1/users/{ref}'].get.responses).toHaveProperty('304');
    expect(paths['/v1/users'].get.responses).not.toHaveProperty('304');
    expect(Object.keys(paths['/v1/imports/template'].get.responses['200'].content)).toEqual(['text/csv']);
    expect(paths['/d/{token}'].head.responses).toHaveProperty('200');
    expect(paths['/d/{token}'].get.responses).toHaveProperty('302');
    expect(paths['/d/{token}'].get.responses).not.toHaveProperty(['302', 'content']);
  });

  it('describes the pages that a browser gets in place of a problem', () => {
    const { responses } = document.paths['/d/{token}'].get;
    for (const { content } of [responses['404'], responses['410']]) {
      expect(Object.keys(content).toSorted()).toEqual(['application/problem+json', 'text/html']);
    }
  });

  it('promises no body to a HEAD', () => {
    for (const [name, { responses }] of operations().filter(([one]) => one.startsWith('HEAD '))) {
      for (const answer of Object.values(responses)) expect(answer, name).not.toHaveProperty('content');
    }
  });

  it('says that the thing of a repeated call may be gone', () => {
    expect(document.paths['/v1/users'].post.responses).toHaveProperty('404');
    expect(document.paths['/v1/users'].get.responses).not.toHaveProperty('404');
  });

  it('offers If-Match where there is a version, and nowhere else', () => {
    const offering = operations().filter(([, { parameters }]) =>
      parameters.some(({ name }: Json) => name === 'If-Match'),
    );
    expect(offering.map(([name]) => name)).toEqual([
      'PATCH /v1/users/{ref}',
      'DELETE /v1/users/{ref}',
      'PATCH /v1/segments/{id}',
      'DELETE /v1/segments/{id}',
    ]);
    expect(document.paths['/v1/keys/{id}'].delete.responses).not.toHaveProperty('412');
  });

  it('takes a change as JSON and as a merge patch', () => {
    const { patch, get } = document.paths['/v1/users/{ref}'];
    expect(Object.keys(patch.requestBody.content)).toEqual(['application/json', 'application/merge-patch+json']);
    expect(get).not.toHaveProperty('requestBody');
  });

  it('declares the parameters of each path', () => {
    for (const [name, { parameters }] of operations()) {
      const inPath = parameters
        .filter((parameter: Json) => parameter.in === 'path')
        .map((parameter: Json) => parameter.name);
      expect(inPath, name).toEqual([...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter));
    }
  });

  it('names the scopes of each operation, and problems for what may go wrong', () => {
    for (const [name, { security, responses }] of operations()) {
      expect(
        Object.keys(responses).some((status) => /^[23]/.test(status)),
        name,
      ).toBe(true);
      if (!name.startsWith('HEAD ')) {
        expect(responses['400'].content, name).toHaveProperty(['application/problem+json']);
      }
      if (security.length > 0)
        expect(Object.keys(responses), name).toEqual(expect.arrayContaining(['401', '403', '429']));
    }
    const open = operations().filter(([, { security }]) => security.length === 0);
    expect(open.map(([name]) => name).toSorted()).toEqual([
      'GET /d/{token}',
      'GET /docs',
      'GET /health',
      'GET /openapi.json',
      'HEAD /d/{token}',
      'HEAD /docs',
      'HEAD /health',
      'HEAD /openapi.json',
    ]);
  });

  it('says of every operation, parameter and answer what it is for', () => {
    const tags = document.tags.map(({ name }: Json) => name);
    for (const { route, operation, answers } of reference.operations) {
      expect(tags, route).toEqual(expect.arrayContaining(operation.tags));
      for (const { name, description } of operation.parameters) expect(description, `${route} ${name}`).toMatch(/\.$/);
      for (const { description } of Object.values(answers)) expect(description, route).toMatch(/\.$/);
    }
  });

  it('types the parameters of a query, with bounds and defaults', () => {
    const typeOf = ({ schema: { examples: _, ...type } }: Json) => type;
    const parameterOf = (path: string, wanted: string) =>
      document.paths[path].get.parameters.find(({ name }: Json) => name === wanted);
    const limits = operations().flatMap(([, { parameters }]) =>
      parameters.filter(({ name }: Json) => name === 'limit'),
    );
    expect(limits.length).toBeGreaterThan(4);
    for (const limit of limits)
      expect(typeOf(limit)).toEqual({ type: 'integer', minimum: 1, maximum: 100, default: 50 });
    expect(typeOf(parameterOf('/v1/segments', 'archived'))).toEqual({ type: 'boolean', default: false });
    expect(typeOf(parameterOf('/v1/users', 'order'))).toEqual({
      type: 'string',
      enum: ['newest', 'oldest'],
      default: 'newest',
    });
    const fields = parameterOf('/v1/users', 'fields');
    expect(typeOf(fields)).toEqual({ type: 'array', items: { type: 'string' } });
    expect([fields.style, fields.explode]).toEqual(['form', false]);
  });

  it.each([
    ['X-Request-Id', /./],
    ['X-Content-Type-Options', /./],
    ['WWW-Authenticate', /^401$/],
    ['Retry-After', /^(429|503)$/],
  ])('documents %s wherever it is always sent', (header, statuses) => {
    const all = reference.operations.flatMap(({ answers }) => Object.entries(answers));
    const having = all.filter(([status]) => statuses.test(status));
    expect(having.length).toBeGreaterThan(30);
    for (const [status, { headers }] of having) expect(headers, status).toHaveProperty([header, 'required'], true);
  });

  it('documents versions, replays and places where they are answered, and nowhere else', () => {
    expect(routesWith('ETag', isGood).toSorted()).toEqual([
      'GET /v1/properties/{key}',
      'GET /v1/segments/{id}',
      'GET /v1/users/{ref}',
      'PATCH /v1/segments/{id}',
      'PATCH /v1/users/{ref}',
      'POST /v1/properties',
      'POST /v1/segments',
      'POST /v1/users',
    ]);
    const repeatable = operations().filter(([, { parameters }]) =>
      parameters.some(({ name }: Json) => name === 'Idempotency-Key'),
    );
    expect(repeatable.length).toBeGreaterThan(5);
    expect(routesWith('Idempotency-Replayed', isGood)).toEqual(repeatable.map(([name]) => name));
    const making = reference.operations.filter(({ answers }) => '201' in answers || '202' in answers);
    expect(routesWith('Location', (status) => status < 300)).toEqual(making.map(({ route }) => route));
    expect(answersOf('POST /v1/users')['409'].headers['Retry-After'].required).toBeUndefined();
    expect(answersOf('PATCH /v1/users/{ref}')['409'].headers).not.toHaveProperty('Retry-After');
  });

  it('names the codes of each problem, each with the status that it has', () => {
    const statuses = new Map<string, Set<string>>();
    for (const { route, answers } of reference.operations.filter((one) => !one.route.startsWith('HEAD '))) {
      for (const [status, { content }] of Object.entries(answers).filter(([one]) => Number(one) >= 400)) {
        const codes: string[] = content['application/problem+json'].schema.allOf[1].properties.code.enum;
        expect(codes, `${route} ${status}`).not.toEqual([]);
        for (const code of codes) statuses.set(code, new Set([...(statuses.get(code) ?? []), status]));
      }
    }
    const wrong = [...statuses].filter(([code, said]) => {
      const kind = kindOf({
        code: code as keyof typeof CODES,
        errors: [{ pointer: '', code: 'required', detail: '' }],
      });
      return said.size !== 1 || !said.has(String(kind.status));
    });
    expect(wrong).toEqual([]);
    expect(document.components.schemas.Code.enum.toSorted()).toEqual([...statuses.keys()].toSorted());
    expect(Object.keys(CODES)).toEqual(expect.arrayContaining([...statuses.keys()]));
  });

  it('has notes on schemas and fields that are there', () => {
    const { schemas } = document.components;
    const fields = Object.entries(FIELD_NOTES).flatMap(([names, notes]) =>
      names.split(' ').flatMap((name) => Object.keys(notes).map((field) => [name, field] as const)),
    );
    expect(fields.filter(([name, field]) => schemas[name]?.properties?.[field]?.description === undefined)).toEqual([]);
    expect(Object.keys(SCHEMA_NOTES).filter((name) => schemas[name]?.description === undefined)).toEqual([]);
  });

  it('says what a rule is wherever one is sent', () => {
    const { rule } = document.components.schemas.SegmentsPreviewBody.properties;
    expect(rule).toEqual({ $ref: '#/components/schemas/GivenRule' });
  });

  it('calls a user a user wherever one is answered', () => {
    const { post } = document.paths['/v1/users'];
    const { patch } = document.paths['/v1/users/{ref}'];
    for (const answer of [post.responses['201'], patch.responses['200']]) {
      expect(answer.content['application/json'].schema).toEqual({ $ref: '#/components/schemas/User' });
    }
  });
});

describe('the bundled functions', () => {
  it('serve the reference that was made with them', async () => {
    const { statusCode, headers, body } = await call('docs/openapi');
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toMatch('application/json');
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('serve a page that makes requests to the API only, for dark and narrow screens too', async () => {
    const { headers, body } = await call('docs/page');
    expect(headers['content-type']).toMatch('text/html');
    expect(headers['content-security-policy']).toMatch("default-src 'none'");
    expect(headers['content-security-policy']).not.toMatch(/https?:/);
    const { 0: page } = body.split('<script');
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).toContain('spec-url="/openapi.json"');
    expect(page).toContain('@media (prefers-color-scheme: dark)');
    expect(body).toContain('elementStyles.push(styles)');
  });

  it('serve the page packed to those who take it so', async () => {
    const plain = await call('docs/page');
    const packed = await call('docs/page', { 'accept-encoding': 'br, gzip' });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(Buffer.from(packed.body, 'base64')).toString()).toBe(plain.body);
  });

  it('say that the API is there', async () => {
    const { statusCode, body } = await call('health/get');
    expect([statusCode, body]).toEqual([200, '{"status":"ok"}']);
  });

  it('answer a problem where there is no route', async () => {
    const { statusCode, headers, body } = await call('docs/not-found');
    expect([statusCode, headers['content-type'], headers['x-request-id']]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
      'request-1',
    ]);
    expect(JSON.parse(body)).toMatchObject({ code: 'notFound', status: 404, instance: 'urn:roster:request:request-1' });
  });
});
