import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { isOutage } from '../data/table/outage.ts';
import { Problem } from '../domain/errors.ts';
import { toJson } from '../domain/values/json.ts';
import { type Contract, type Outcome, Reply } from './contract.ts';
import { log, traceOf } from './log.ts';
import { etagOf, names } from './precondition.ts';
import { kindOf, problemBody } from './problem.ts';

/** The statuses whose answer says where the thing is. */
const CREATED: ReadonlySet<number> = new Set([201, 202]);

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };

/** The version of a thing; none where things are included that it does not move with. */
function versionOf(output: unknown): number | undefined {
  if (typeof output !== 'object' || output === null || 'included' in output) return undefined;
  const version: unknown = Reflect.get(output, 'version');
  return typeof version === 'number' ? version : undefined;
}

/** An outcome as Lambda answers it. Output is parsed, so that nothing undeclared leaves. */
export function answer<Path, Query, Body, Output>(
  contract: Contract<Path, Query, Body, Output>,
  { output, replayed, status: remembered, path }: Outcome<Output> & { readonly path: Path },
  event: APIGatewayProxyEventV2,
): APIGatewayProxyStructuredResultV2 {
  const replay = replayed ? { 'idempotency-replayed': 'true' } : {};
  if (output instanceof Reply) {
    const { status, headers, body, isBase64Encoded } = output;
    return { statusCode: status, headers: { ...headers, ...replay }, body, isBase64Encoded };
  }
  const statusCode = remembered ?? contract.status ?? 200;
  const version = versionOf(output);
  const headers = {
    ...JSON_HEADERS,
    ...replay,
    ...(contract.location && CREATED.has(statusCode) && { location: contract.location(output, path) }),
    ...(version !== undefined && { etag: etagOf(version) }),
  };
  const known = event.requestContext.http.method === 'GET' ? event.headers['if-none-match'] : undefined;
  if (known && version !== undefined && names(known, version)) return { statusCode: 304, headers };
  if (statusCode === 204 || !contract.output)
    return { statusCode, headers: { ...replay, 'cache-control': 'no-store' } };
  return { statusCode, headers, body: toJson(contract.output.parse(output)) };
}

function problemOfError(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isOutage(error)) {
    return new Problem('unavailable', 'Roster is busy. Try again in a second.', { headers: { 'retry-after': '1' } });
  }
  return new Problem('internal', 'Something went wrong here. The request id helps to find it in the logs.');
}

/** An error as Lambda answers it: a problem tells what is wrong, anything else tells nothing. */
export function problemAnswer(error: unknown, request: string): APIGatewayProxyStructuredResultV2 {
  const problem = problemOfError(error);
  if (!(error instanceof Problem)) log.error('unforeseen', { request, ...traceOf(error) });
  return {
    statusCode: kindOf(problem).status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...problem.headers,
    },
    body: JSON.stringify(problemBody(problem, request)),
  };
}
