import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import * as jobs from '../shared/domain/jobs/job.ts';
import * as apiKeys from '../shared/domain/keys/api-key.ts';
import * as properties from '../shared/domain/properties/property.ts';
import * as rules from '../shared/domain/rules/rule.ts';
import * as segments from '../shared/domain/segments/segment.ts';
import * as users from '../shared/domain/users/user.ts';
import type { Action } from '../shared/runtime/action.ts';
import { nameOf } from './names.ts';
import { documentOf } from './openapi/document.ts';
import { type Json, type Names, namesOf, newNames, reference } from './openapi/json-schemas.ts';
import type { DescribedRoute, Operation, OwnRoute, Parameter } from './openapi/operation.ts';
import { withRules } from './openapi/rule.ts';
import { type Route, routes } from './routes.ts';

/** The modules whose exports give the schemas of answers their names. */
const vocabulary = [users, properties, rules, segments, jobs, apiKeys];

type Contract = Action['contract'];
type Routed = {
  readonly route: DescribedRoute;
  readonly run: string;
  readonly table: boolean;
  readonly contract: Contract;
};

/** All routes with the contracts of the functions behind them. */
async function routed(): Promise<Routed[]> {
  const isDescribed = (entry: [string, Route]): entry is [DescribedRoute, Route] => entry[0] !== '$default';
  return Promise.all(
    Object.entries<Route>(routes)
      .filter(isDescribed)
      .map(async ([route, { run, table }]) => {
        const { handler }: { handler: Action } = await import(new URL(`../functions/${run}.ts`, import.meta.url).href);
        return { route, run, table: table !== undefined, contract: handler.contract };
      }),
  );
}

const splitRoute = (route: string): readonly [method: string, path: string] => {
  const [method = '', path = ''] = route.split(' ');
  return [method, path];
};

/** The parameters of a query as a client sees them: sent as text, and read as numbers, booleans and lists. */
function queryOf({ query }: Contract): Parameter[] {
  if (query === undefined) return [];
  const options = { unrepresentable: 'any' } as const;
  const { required = [] } = z.toJSONSchema(query, { ...options, io: 'input' });
  const { properties: read = {} } = z.toJSONSchema(query, { ...options, io: 'output' });
  return Object.entries(read).map(([name, schema]) => ({
    name,
    required: required.includes(name),
    schema: JSON.parse(JSON.stringify(schema)),
  }));
}

/** The parameters of a path as a client sees them, in the order of the path. */
function pathOf(path: string, contract: Contract): Parameter[] {
  const { properties: sent = {} } = z.toJSONSchema(contract.path ?? z.strictObject({}), {
    unrepresentable: 'any',
    io: 'input',
  });
  const names = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
  return names.map((name) => ({ name, required: true, schema: JSON.parse(JSON.stringify(sent[name] ?? {})) }));
}

function hasVersion({ output }: Contract): boolean {
  if (output === undefined) return false;
  return z.toJSONSchema(output, { unrepresentable: 'any' }).properties?.version !== undefined;
}

/** The noun of a function: `health` and `docs` are about the API itself. */
function tagOf(run: string): string {
  const [noun = ''] = run.split('/');
  return noun === 'health' || noun === 'docs' ? 'about' : noun;
}

const isOwn = (route: string): route is OwnRoute => route in routes && !route.startsWith('HEAD ');

/** The route whose data describes a route. */
function ownRouteOf(route: DescribedRoute): OwnRoute {
  const own = route.replace(/^HEAD /, 'GET ');
  if (!isOwn(own)) throw new Error(`${route} has no ${own} beside it`);
  return own;
}

type Schemas = { readonly bodies: Names; readonly answers: Names };

/** A route as plain data. */
function operationOf({ route, run, table, contract }: Routed, { bodies, answers }: Schemas): Operation {
  const [method, path] = splitRoute(route);
  const { scope, body, output, replies = {}, status = 200 } = contract;
  const id = nameOf(run);
  const isRead = method === 'GET' || method === 'HEAD';
  const writes = !isRead && contract.writes !== false;
  return {
    route: ownRouteOf(route),
    method: method.toLowerCase(),
    path,
    id: method === 'HEAD' ? `${id}Head` : id,
    tag: tagOf(run),
    summary: method === 'HEAD' ? `${contract.summary}: only the headers` : contract.summary,
    description: contract.description ?? '',
    scopes: scope === 'public' ? [] : [scope].flat(),
    inPath: pathOf(path, contract),
    inQuery: queryOf(contract),
    body: body ? reference(bodies.of(body, `${id}Body`)) : null,
    status,
    output: output ? reference(answers.of(output, `${id}Answer`)) : null,
    hasVersion: hasVersion(contract),
    honoursIfMatch: contract.ifMatch === true,
    replies,
    hasLocation: contract.location !== undefined,
    isRecalled: contract.replay !== undefined,
    writes,
    usesTable: table,
  };
}

/** The whole HTTP API as OpenAPI 3.1: routes joined with the contracts of their actions. */
export async function openapi(): Promise<Json> {
  const schemas: Schemas = { bodies: newNames(), answers: namesOf(vocabulary) };
  const all = await routed();
  const operations = all.map((one) => operationOf(one, schemas));
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return documentOf(operations, version, {
    ...withRules(schemas.bodies.schemas('input')),
    ...schemas.answers.schemas('output'),
  });
}
