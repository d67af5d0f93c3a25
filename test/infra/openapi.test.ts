import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, bundleOf } from '../../infra/bundle.ts';
import { openapi } from '../../infra/openapi.ts';
import { routes } from '../../infra/routes.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is a tree that is walked here as readers of it do.
type Json = any;

let document: Json;
beforeAll(async () => {
  document = await openapi();
  await bundle();
});

const operations = (): [string, Json][] =>
  Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]): [string, Json] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

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
    const unknown = names.filter((name) => !(name.replace('#/components/schemas/', '') in document.components.schemas));
    expect(unknown).toEqual([]);
  });

  it('tells of answers without a body, and of those that are not JSON', () => {
    const { paths } = document;
    expect(paths['/v1/users/{ref}'].get.responses).toHaveProperty('304');
    expect(paths['/v1/users'].get.responses).not.toHaveProperty('304');
    expect(Object.keys(paths['/v1/imports/template'].get.responses['200'].content)).toEqual(['text/csv']);
    expect(paths['/d/{token}'].head.responses).toHaveProperty('200');
    expect(paths['/d/{token}'].get.responses).toHaveProperty('302');
    expect(paths['/d/{token}'].get.responses).not.toHaveProperty(['302', 'content']);
  });

  it('tells of pages that a browser gets in the place of a problem', () => {
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

  it('tells that what a repeated call made may be gone', () => {
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

  it('serve a page that asks nobody but the API', async () => {
    const { headers, body } = await call('docs/page');
    expect(headers['content-type']).toMatch('text/html');
    expect(headers['content-security-policy']).toMatch("default-src 'none'");
    expect(headers['content-security-policy']).not.toMatch(/https?:/);
    const { 0: page } = body.split('<script');
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).toContain('spec-url="/openapi.json"');
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
