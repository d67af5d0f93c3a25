import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Example } from '../../infra/openapi/example.ts';
import { EXAMPLES } from '../../infra/openapi/examples.ts';
import type { DescribedRoute, OwnRoute } from '../../infra/openapi/operation.ts';
import { type Got, keyWith } from '../support/deployment/deployment.ts';
import { checkerOf, type Described, type Json, readReference } from '../support/openapi/document.ts';
import { startWorld, type World } from '../support/openapi/world.ts';

const reference = await readReference();
const faults = checkerOf(reference);

const operations = new Map(reference.operations.map((one) => [one.route, one]));
const described = (route: string): Described => {
  const found = operations.get(route);
  if (!found) throw new Error(`the document has no ${route}`);
  return found;
};

/** Routes that only read come first and those that delete come last, so that lists show what the examples show. */
const ORDER = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];
const turnOf = (route: string) => ORDER.indexOf(route.split(' ')[0] ?? '');
const examples = (Object.keys(EXAMPLES) as OwnRoute[])
  .toSorted((a, b) => turnOf(a) - turnOf(b))
  .flatMap((route) => EXAMPLES[route].map((example: Example) => [route, example.title, example] as const));

const heads = [...operations.keys()].filter((route) => route.startsWith('HEAD ')) as DescribedRoute[];
const keyed = reference.operations.filter(({ operation }) => operation.security.length > 0);

/** Objects that the schema leaves open: their keys are data, and no part of the contract. */
const OPEN = new Set(['options', 'fields']);

/** The keys of a value, at every depth. */
function keysOf(value: Json, name = ''): Json {
  if (typeof value !== 'object' || value === null || OPEN.has(name)) return 'value';
  if (Array.isArray(value)) return value.slice(0, 1).map((one) => keysOf(one));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keysOf(inner, key)]));
}

/** The part of a problem that programs read. */
const meaningOf = ({ status, code, errors = [] }: Json) => ({
  status,
  code,
  errors: errors.map(({ detail: _, id, ...fault }: Json) => ({ ...fault, hasId: id !== undefined })),
});

function expectAnswer(route: string, { status, answer }: Pick<Example, 'status' | 'answer'>, got: Got): void {
  expect([got.status, got.status === status ? '' : got.text]).toEqual([status, '']);
  expect(faults.ofAnswer(described(route), got)).toEqual([]);
  if (answer === undefined) return;
  if (typeof answer === 'string') expect(got.text).not.toBe('');
  else expect(keysOf(got.body)).toEqual(keysOf(answer));
  if (status >= 400) expect(meaningOf(got.body)).toEqual(meaningOf(answer));
}

let world: World;
let reader: string;
let importer: string;
beforeAll(async () => {
  world = await startWorld();
  reader = await keyWith('users:read');
  importer = await keyWith('imports');
});
afterAll(() => world?.stop());

describe('what an example of', () => {
  test.each(examples)('%s sends ("%s") is answered as the reference says', async (route, _title, example) => {
    if (route.startsWith('DELETE ')) await world.restore();
    const got = await world.ask(route, example);
    expectAnswer(route, example, got);
    if (example.headers?.['Idempotency-Key'] === undefined) return;
    const again = await world.ask(route, example);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect([again.status, faults.ofAnswer(described(route), again)]).toEqual([example.status, []]);
  });
});

describe('an example of', () => {
  test.each(examples)('%s ("%s") is what its schemas accept', (route, _title, { body, status, answer }) => {
    if (body !== undefined) expect(faults.ofBody(route, body)).toEqual([]);
    if (answer === undefined) return;
    const { headers, content } = described(route).answers[status];
    const sent = Object.entries<Json>(headers).map(([name, { example }]) => [name.toLowerCase(), String(example)]);
    const [type] = Object.keys(content);
    expect(type).toBeDefined();
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    const got = { status, headers: { ...Object.fromEntries(sent), 'content-type': type }, body: answer as Json, text };
    expect(faults.ofAnswer(described(route), got)).toEqual([]);
  });

  test.each(reference.operations)(
    '$route shows each parameter of the path and each way to succeed',
    ({ route, operation, answers }) => {
      const shown = EXAMPLES[route.replace(/^HEAD /, 'GET ') as OwnRoute];
      for (const parameter of operation.parameters) {
        if (parameter.name !== 'cursor') expect(parameter, parameter.name).toHaveProperty('examples');
      }
      const good = Object.keys(answers).filter((status) => Number(status) < 400);
      if (!route.startsWith('HEAD '))
        expect(shown.map(({ status }) => String(status))).toEqual(expect.arrayContaining(good));
    },
  );
});

test.each(heads)('%s is answered as the reference says, without a body', async (route) => {
  const [example] = EXAMPLES[route.replace(/^HEAD /, 'GET ') as OwnRoute];
  const got = await world.ask(route, example);
  expect([got.status, faults.ofAnswer(described(route), got)]).toEqual([200, []]);
});

describe.each(keyed)('$route', (one) => {
  const route = one.route as OwnRoute;
  test('describes the answers to a missing key and to one without the scope', async () => {
    const [example] = EXAMPLES[route];
    const scopes = one.operation.security.flatMap(({ key }: Json) => key);
    const other = scopes.includes('users:read') ? importer : reader;
    const nobody = await world.ask(route, example, null);
    const stranger = await world.ask(route, example, other);
    expect([nobody.status, faults.ofAnswer(one, nobody)]).toEqual([401, []]);
    expect([stranger.status, faults.ofAnswer(one, stranger)]).toEqual([403, []]);
  });
});
