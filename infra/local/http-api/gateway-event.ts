import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { account } from '../cloudformation/names.ts';
import type { Match } from './route-table.ts';

export type GatewayRequest = {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly match: Match;
  readonly path: string;
  readonly query: string;
  readonly body: Buffer;
  readonly now: Date;
};

/** Bodies of these types reach the function as text when they are text, all others in base64. */
const textual = /^(text\/|application\/(json|javascript|xml)\b)/;

/**
 * A request as an HTTP API hands it to Lambda, payload version 2.0.
 * Source: "AWS Lambda proxy integrations for HTTP APIs", API Gateway developer guide.
 */
export function gatewayEvent(input: GatewayRequest): object {
  const { request, match, path, query, body } = input;
  const { cookie, ...headers } = headersOf(request);
  const base64 = !textual.test(headers['content-type'] ?? 'text/plain') || !isUtf8(body);
  return {
    version: '2.0',
    routeKey: match.route.key,
    rawPath: path,
    rawQueryString: query,
    ...(cookie && { cookies: cookie.split(/; */) }),
    headers,
    ...(query !== '' && { queryStringParameters: queryParameters(query) }),
    requestContext: requestContext(input, headers),
    ...(Object.keys(match.parameters).length > 0 && { pathParameters: match.parameters }),
    ...(body.length > 0 && { body: body.toString(base64 ? 'base64' : 'utf8') }),
    isBase64Encoded: base64 && body.length > 0,
  };
}

function requestContext(
  { request, requestId, match, path, now }: GatewayRequest,
  headers: Record<string, string>,
): object {
  return {
    accountId: account,
    apiId: 'local',
    domainName: (headers.host ?? '').split(':')[0],
    domainPrefix: 'local',
    http: {
      method: request.method,
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      userAgent: headers['user-agent'] ?? '',
    },
    requestId,
    routeKey: match.route.key,
    stage: '$default',
    time: clfTime(now),
    timeEpoch: now.getTime(),
  };
}

/** Header names in lower case; a repeated header is one value, joined by commas. */
function headersOf(request: IncomingMessage): Record<string, string> {
  const entries = Object.entries(request.headersDistinct).map(([name, values = []]) => [
    name,
    values.join(name === 'cookie' ? '; ' : ','),
  ]);
  return Object.fromEntries(entries);
}

function queryParameters(query: string): Record<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = parameters.get(name);
    parameters.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return Object.fromEntries(parameters);
}

function clfTime(now: Date): string {
  const [, day, month, year, time] = /, (\d+) (\w+) (\d+) ([\d:]+)/.exec(now.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
