import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Route, routes } from '../../infra/routes.ts';
import { newLink } from '../../shared/app/jobs/links.ts';
import * as jobs from '../../shared/data/jobs/jobs.ts';
import { schemaOf } from '../../shared/domain/properties/property.ts';
import type { Action } from '../../shared/runtime/action.ts';
import { log } from '../../shared/runtime/log.ts';
import type { Bucket } from '../../shared/storage/bucket.ts';
import type { JsonSchema } from '../support/arbitrary/json.ts';
import { CANARY, type Request, requestsBy } from '../support/arbitrary/request.ts';
import { startBucket } from '../support/deployment/bucket.ts';
import { type Got, keyWith, send, startDeployment } from '../support/deployment/deployment.ts';
import { runExport, startMachines } from '../support/jobs/export-run.ts';
import { checkerOf, type Described, readReference } from '../support/openapi/document.ts';
import { SCHEMA } from '../support/rules/arbitrary-rules.ts';

// A failure prints its seed: `SEED=<seed> npx vitest run test/fuzz` sends the same again, `RUNS=1000` sends more.
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env.RUNS ?? 25);

/** Their answers are files in their bundles: openapi.test.ts calls the bundles. */
const BUNDLED = ['docs/openapi', 'docs/page'];

/** The codes of the API's reference, without those that only a file or an error of ours can have. */
const CODES = (
  'required noIdentifier unknownId identifierTaken identifierConflict blockedIdentifier lastIdentifier suppressed wrongType ' +
  'invalidCharacter invalidNumber invalidBoolean invalidDate invalidDatetime invalidTime invalidEmail invalidPhone ' +
  'phoneNeedsCountry invalidUrl invalidTag notAllowed tooLong tooMany outOfRange profileTooLarge archived unknownKey ' +
  'unknownField unknownReference refMismatch reservedName forbiddenName invalidCursor notAllowedRecipient unknownOperator ' +
  'wrongOperator emptyGroup tooDeep segmentCycle malformedJson invalid invalidToken unauthenticated missingScope gateClosed ' +
  'notFound exists inUse immutable notManual limitReached valueConflict inProgress notFinished alreadyFinished countMismatch ' +
  'tokenUsed tokenExpired notConfigured lastOwner gone stale tooLarge unsupportedMediaType idempotencyMismatch rateLimited'
).split(' ');

const reference = await readReference();
const requests = requestsBy(reference.document);
const faults = checkerOf(reference);

/** A route as the reference describes it, with the action behind it. */
type Operation = Described & { readonly run: Action };

async function operationOf([route, { run }]: [string, Route]): Promise<Operation[]> {
  const described = reference.operations.find((one) => one.route === route);
  if (!described || BUNDLED.includes(run)) return [];
  const { handler } = await import(new URL(`../../functions/${run}.ts`, import.meta.url).href);
  return [{ ...described, run: handler }];
}

const known = (await Promise.all(Object.entries(routes).map(operationOf))).flat();
/** Routes that delete run last, so that the things exist that the others name. */
const operations = known.toSorted(
  (a, b) => Number(a.route.startsWith('DELETE')) - Number(b.route.startsWith('DELETE')),
);

const there = new Map<string, string>();
const logged: string[] = [];
let owner = '';
let storage: Awaited<ReturnType<typeof startBucket>>;

beforeAll(async () => {
  await startDeployment({
    RATE_PER_SECOND: '1000000',
    RATE_BURST: '1000000',
    IMPORT_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:import',
    SEGMENT_WALK_MACHINE: 'arn:aws:states:us-east-1:000000000000:stateMachine:segment-walk',
  });
  await startMachines();
  storage = await startBucket();
  for (const level of ['info', 'warn', 'error'] as const) {
    vi.spyOn(log, level).mockImplementation((...line) => void logged.push(JSON.stringify(line)));
  }
  owner = await keyWith('owner');
  await prepare(storage.bucket);
});
afterAll(() => storage?.stop());

/** Creates one of everything, so that requests find what they name. */
async function prepare(bucket: Bucket): Promise<void> {
  const make = async (route: string, body: unknown): Promise<JsonSchema> => {
    const made = operations.find((operation) => operation.route === route);
    const got = made && (await send(made.run, route, { key: owner, body }));
    expect(got, route).toMatchObject({ status: expect.toSatisfy((status) => status < 300) });
    return got?.body;
  };
  for (const { key, type, identifier } of SCHEMA.properties.values()) {
    if (!schemaOf([]).properties.has(key)) await make('POST /v1/properties', { key, type, identifier });
  }
  for (const userId of ['known', 'Pro', 'free', 'x']) {
    const { id } = await make('POST /v1/users', { properties: { userId, city: 'Paris', seats: 5 }, tags: ['vip'] });
    there.set('user', id);
  }
  const rule = { field: 'city', op: 'is', value: 'Paris' };
  there.set('dynamic', (await make('POST /v1/segments', { name: 'A', kind: 'dynamic', rule })).id);
  there.set('manual', (await make('POST /v1/segments', { name: 'B', kind: 'manual', members: ['userId:known'] })).id);
  there.set('import', (await make('POST /v1/imports', { fileName: 'users.csv' })).job.id);
  const spare = { name: 'spare', email: 'ops@example.com', scopes: ['users:read'] };
  there.set('spare', (await make('POST /v1/keys', spare)).key.id);
  there.set('export', (await make('POST /v1/exports', {})).id);
  const { id } = await make('POST /v1/exports', { notify: [] });
  await runExport(id, bucket);
  there.set('ended', id);
  const job = await jobs.byId(id);
  const { url } = job
    ? await newLink(job, 'users.csv', { entropy: new Uint8Array(32), now: Date.now() }, 'https://roster.example.com')
    : { url: '' };
  there.set('token', String(url).split('/').at(-1) ?? '');
}

const filled = (text: string) => text.replace(/\{(\w+)\}/g, (all, name: string) => there.get(name) ?? all);

async function ask({ run, route }: Operation, { params, query, headers, body }: Request): Promise<Got> {
  logged.length = 0;
  const filledIn = (given: Record<string, string>) =>
    Object.fromEntries(Object.entries(given).map(([name, text]) => [name, filled(text)]));
  return send(run, route, {
    key: owner,
    params: filledIn(params),
    query: filled(query),
    headers: filledIn(headers),
    body: typeof body === 'string' ? filled(body) : body,
  });
}

/** Asserts what is true for every answer. */
function expectAnswer(operation: Operation, got: Got): void {
  const { status, headers, body } = got;
  expect(faults.ofAnswer(operation, got)).toEqual([]);
  expect(status).toBeLessThan(500);
  expect(headers['x-request-id']).toBe('req-1');
  const isProblem = String(headers['content-type'] ?? '').startsWith('application/problem+json');
  if (isProblem && !operation.route.startsWith('HEAD ')) expectProblem(operation, got);
  else if (status >= 400) expect(body).not.toHaveProperty('code');
  expect(logged.length).toBeGreaterThan(0);
  if (status >= 400) expect(JSON.stringify([headers, body])).not.toContain(CANARY);
  expect(logged.join()).not.toContain(CANARY);
}

function expectProblem({ answers }: Operation, { status, body }: Got): void {
  const { code, errors = [] }: JsonSchema = body;
  expect(body).toMatchObject({ status, type: `urn:roster:problem:${code}`, instance: 'urn:roster:request:req-1' });
  const codes = errors.map((error: JsonSchema) => error.code);
  // The reference names every code that this route answers with this status.
  const [, { properties }] = answers[status].content['application/problem+json'].schema.allOf;
  expect(properties.code.enum).toEqual(expect.arrayContaining([code, ...codes]));
  expect(CODES).toEqual(expect.arrayContaining([code, ...codes]));
  if (status === 400) expect(codes).not.toEqual([]);
  if (codes.length > 0) expect(code).toBe(new Set(codes).size === 1 ? codes[0] : 'invalid');
  for (const { pointer, parameter, header } of errors) {
    expect([pointer, parameter, header].filter((place) => place !== undefined)).toHaveLength(1);
    if (pointer !== undefined) expect(pointer).toMatch(/^(\/([^~/]|~[01])*)*$/s);
  }
}

describe.each(operations.map((operation) => [operation.route, operation] as const))('%s', (_, operation) => {
  test.each([
    ['as the reference allows it', false],
    ['with something wrong about it', true],
  ])('asked %s, answers as the reference says', async (_how, isOdd) => {
    const property = fc.asyncProperty(requests(operation.operation, isOdd), async (request) => {
      expectAnswer(operation, await ask(operation, request));
    });
    await fc.assert(property, { seed, numRuns });
  });
});
