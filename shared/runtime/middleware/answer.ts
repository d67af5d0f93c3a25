import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { toJson } from '../../domain/values/json.ts';
import { type AnyContract, Reply } from '../contract.ts';
import { etagOf, names } from '../etag.ts';
import type { ActionMiddleware, State } from '../pipeline.ts';

const NO_STORE = { 'cache-control': 'no-store' };
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', ...NO_STORE };

/** The statuses whose answer has a `Location`. */
const CREATED: ReadonlySet<number> = new Set([201, 202]);

/** The version of a thing; undefined when it includes things that change without a new version. */
function versionOf(output: unknown): number | undefined {
  if (typeof output !== 'object' || output === null || 'included' in output) return undefined;
  const version: unknown = Reflect.get(output, 'version');
  return typeof version === 'number' ? version : undefined;
}

function answerTo(
  { requestContext, headers: sent }: APIGatewayProxyEventV2,
  contract: AnyContract,
  output: unknown,
  { path, replayed }: State,
): APIGatewayProxyStructuredResultV2 {
  const replay = replayed !== undefined && { 'idempotency-replayed': 'true' };
  if (output instanceof Reply)
    return { statusCode: output.status, headers: { ...output.headers, ...replay }, body: output.body };
  const statusCode = replayed ?? contract.status ?? 200;
  if (!contract.output) return { statusCode, headers: { ...NO_STORE, ...replay } };
  const version = versionOf(output);
  const headers = {
    ...JSON_HEADERS,
    ...replay,
    ...(contract.location && CREATED.has(statusCode) && { location: contract.location(output, path) }),
    ...(version !== undefined && { etag: etagOf(version) }),
  };
  const known = requestContext.http.method === 'GET' ? sent['if-none-match'] : undefined;
  if (known && version !== undefined && names(known, version)) return { statusCode: 304, headers };
  return { statusCode, headers, body: toJson(contract.output.parse(output)) };
}

/**
 * Answers with the arrow's output as JSON, with `Location` and `ETag`, or with 304 for a version that the client has. The
 * output is parsed, so that no undeclared key leaves.
 */
export function answer(contract: AnyContract): ActionMiddleware {
  return {
    after: (request) => {
      request.response = answerTo(request.event, contract, request.response, request.context.state);
    },
  };
}
