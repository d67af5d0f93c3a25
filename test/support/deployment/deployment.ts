import { createServer } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { inject } from 'vitest';
import * as apiKeys from '../../../shared/data/access/api-keys.ts';
import type { Connection } from '../../../shared/data/table/client.ts';
import type { KeyScope } from '../../../shared/domain/keys/api-key.ts';
import { makeKey } from '../../../shared/domain/keys/input.ts';
import { startTable } from '../table/dynamodb.ts';
import { endpointOf } from './endpoint.ts';

/** Answers the one call of the functions to Secrets Manager. */
async function startSecrets(secret: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify({ SecretString: secret }));
  });
  return endpointOf(server);
}

/** Makes an empty table, and the environment in which functions run on it. */
export async function startDeployment(more: Readonly<Record<string, string>> = {}): Promise<Connection> {
  const connection = await startTable();
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: inject('dynamodb'),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await startSecrets(connection.secret),
    STAGE: 'dev',
    TABLE: connection.table,
    SECRET: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:roster',
    API_URL: 'https://roster.example.com',
    TIME_ZONE: 'UTC',
    DEFAULT_COUNTRY: '',
    SHARDS: String(connection.shards),
    RATE_PER_SECOND: '500',
    RATE_BURST: '1000',
    KEY_CACHE_SECONDS: '0',
    SENDER: 'roster@example.com',
    ALLOWED_RECIPIENTS: '*@example.com',
    OPERATORS: 'owner@example.com',
    CONCURRENCY: '8',
    ...more,
  });
  return connection;
}

let made = 0;

/** A key of the deployment with these scopes, as a client sends it. */
export async function keyWith(...scopes: KeyScope[]): Promise<string> {
  made += 1;
  const entropy = new Uint8Array(32).fill(made);
  const { stored, secret } = makeKey({ name: 'test', email: 'owner@example.com', scopes }, 'dev', Date.now(), entropy);
  await apiKeys.create(stored);
  return secret;
}

/** A request of a test to a handler. `body` is sent as JSON, unless it is a string, or bytes, which are sent in base64. */
export type Sent = {
  readonly key?: string | null;
  readonly params?: Record<string, string>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly path?: string;
};

/** The response of a handler, with its JSON parsed. */
export type Got = {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: Record<string, unknown>;
  /** The body as it was sent. */
  readonly text: string;
};

function textOf(body: unknown): string | undefined {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('base64');
  return typeof body === 'string' ? body : JSON.stringify(body);
}

type Handler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** Calls a handler as an HTTP API does (payload 2.0). */
export async function send(handler: Handler, route: string, sent: Sent = {}): Promise<Got> {
  const [method = 'GET', template = '/'] = route.split(' ');
  const path = sent.path ?? template.replace(/\{(\w+)\}/g, (_, name) => sent.params?.[name] ?? '');
  const isBase64Encoded = sent.body instanceof Uint8Array;
  const body = textOf(sent.body);
  const headers: Record<string, string> = {
    ...(sent.key && { authorization: `Bearer ${sent.key}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...sent.headers,
  };
  const event = {
    version: '2.0',
    routeKey: route,
    rawPath: path,
    rawQueryString: sent.query ?? '',
    headers,
    pathParameters: sent.params ?? {},
    requestContext: { requestId: 'req-1', http: { method, path } },
    isBase64Encoded,
    ...(body !== undefined && { body }),
  } as unknown as APIGatewayProxyEventV2;
  const { statusCode = 200, headers: answered = {}, body: text } = await handler(event);
  const isJson = String(answered['content-type'] ?? '').includes('json');
  return {
    status: statusCode,
    headers: answered,
    body: isJson && text ? JSON.parse(text) : { text },
    text: text ?? '',
  };
}
