import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Answer } from '../lambda/function-definition.ts';
import { closeServer, listen, loopback } from '../process/ports.ts';
import { type CorsSettings, corsHeaders } from './cors.ts';
import { type GatewayAnswer, gatewayAnswer, ownAnswer } from './gateway-answer.ts';
import { type GatewayRequest, gatewayEvent } from './gateway-event.ts';
import { readBody } from './request-body.ts';
import { findRoute, type Match, type Route } from './route-table.ts';

export type GatewaySettings = {
  readonly routes: Route[];
  readonly cors: CorsSettings | null;
  /** The stage's limits in requests per second and at once; null when it has none. */
  readonly throttle: { readonly rate: number; readonly burst: number } | null;
  invoke(functionArn: string, payload: string): Promise<Answer>;
  log(routeKey: string, status: number, ms: number): void;
};

const largestRequest = 10 * 1024 * 1024;
const largestPayload = 6 * 1024 * 1024;
/** The request line and all headers together. */
const largestHead = 10_240;

/** Opens the address of the API. It answers 503 until `serve` hands it the functions. */
export async function openGateway(port: number) {
  let handle: Handler = async (_, response) => void response.writeHead(503).end();
  const server = createServer({ maxHeaderSize: largestHead }, (request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const taken = await listen(server, port);
  return {
    endpoint: `http://${loopback}:${taken}`,
    serve(settings: GatewaySettings): void {
      handle = handlerOf(settings);
    },
    stop: () => closeServer(server),
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** API Gateway: an HTTP API with payload version 2.0 and its limits. */
function handlerOf(settings: GatewaySettings): Handler {
  const admit = throttleOf(settings.throttle);

  async function answerOf(
    request: IncomingMessage,
    requestId: string,
  ): Promise<{ answer: GatewayAnswer; key: string }> {
    const [rawPath = '', query = ''] = splitOnce(request.url ?? '/');
    const path = decode(rawPath);
    const body = await readBody(request, largestRequest);
    if (settings.cors !== null && isPreflight(request)) return { answer: emptyAnswer, key: 'preflight' };
    const match = findRoute(settings.routes, request.method ?? '', path);
    if (match === null) return { answer: ownAnswer(404, 'Not Found'), key: '-' };
    const input = body && { request, requestId, match, path, query, body, now: new Date() };
    return { answer: await admitted(match, input), key: match.route.key };
  }

  async function admitted(match: Match, input: GatewayRequest | null): Promise<GatewayAnswer> {
    if (!admit()) return ownAnswer(429, 'Too Many Requests');
    const payload = input === null ? '' : JSON.stringify(gatewayEvent(input));
    const tooLarge = input === null || Buffer.byteLength(payload) > largestPayload;
    return tooLarge ? ownAnswer(413, 'Request Entity Too Large') : call(match, payload);
  }

  async function call({ route }: Match, payload: string): Promise<GatewayAnswer> {
    const { promise, resolve } = Promise.withResolvers<GatewayAnswer>();
    const timer = setTimeout(() => resolve(ownAnswer(503, 'Service Unavailable')), route.timeoutMs);
    void settings.invoke(route.functionArn, payload).then((answer) => resolve(gatewayAnswer(answer)));
    return promise.finally(() => clearTimeout(timer));
  }

  return async (request, response) => {
    const started = Date.now();
    const requestId = randomUUID();
    const { answer, key } = await answerOf(request, requestId);
    send(response, request, answer, requestId, settings.cors);
    settings.log(key, answer.status, Date.now() - started);
  };
}

const emptyAnswer: GatewayAnswer = { status: 204, headers: {}, cookies: [], body: Buffer.alloc(0) };

function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

function send(
  response: ServerResponse,
  request: IncomingMessage,
  answer: GatewayAnswer,
  requestId: string,
  cors: CorsSettings | null,
): void {
  const bodiless = answer.status === 204 || answer.status === 304;
  const headers = {
    ...(cors === null ? answer.headers : withCors(answer.headers, cors, request)),
    ...(answer.cookies.length > 0 && { 'set-cookie': answer.cookies }),
    ...(!bodiless && { 'content-length': answer.body.length }),
    'apigw-requestid': requestId,
  };
  response.writeHead(answer.status, headers).end(bodiless || request.method === 'HEAD' ? undefined : answer.body);
}

function withCors(
  headers: Record<string, string>,
  cors: CorsSettings,
  request: IncomingMessage,
): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => !name.startsWith('access-control-'));
  const { origin } = request.headers;
  return { ...Object.fromEntries(own), ...(origin && corsHeaders(cors, origin, isPreflight(request))) };
}

function splitOnce(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

/** An HTTP API decodes the path once, before it looks for a route; one that is no UTF-8 stays as it was sent. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A bucket of `burst` tokens that fills at `rate` a second. */
function throttleOf(limit: { rate: number; burst: number } | null): () => boolean {
  if (limit === null) return () => true;
  let tokens = limit.burst;
  let filled = Date.now();
  return () => {
    const now = Date.now();
    tokens = Math.min(limit.burst, tokens + ((now - filled) / 1000) * limit.rate);
    filled = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
