import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '../process/json.ts';
import { isObject, parseJson } from '../process/json.ts';
import type { Access } from './policy.ts';

/** A request to a service as its caller sent it. `body` is empty where nothing in it matters to permissions. */
export type AwsRequest = {
  readonly method: string;
  /** The path as it was sent, percent signs included. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

/** The answer to a caller who is refused. */
export type RefusedAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Why a request is refused, in the service's own codes, with the action and resource that were not allowed. */
export type Refusal = {
  readonly reason: 'denied' | 'unknown key' | 'no key';
  readonly message: string;
  readonly access: Access | null;
};

/** How requests to one service are read and refused. */
export type Service = {
  /** How much of a body says what is asked for: all of it, the fields of a form before its file, or nothing. */
  bodyOf(request: Omit<AwsRequest, 'body'>): 'all' | 'form' | 'none';
  /** Everything that a request needs to be allowed. */
  accessesOf(request: AwsRequest): readonly Access[];
  /** What the caller of a request must be allowed to be told that nothing is there. */
  accessesIfAbsent?(request: AwsRequest): readonly Access[];
  refuse(refusal: Refusal, request: AwsRequest): RefusedAnswer;
};

const inHeader = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//;

/** The access key id that signed a request: by its header, by its query, or by the fields of a form. */
export function accessKeyOf({ headers, query, body }: AwsRequest): string | null {
  const [, signed] = inHeader.exec(headers.authorization ?? '') ?? [];
  const credential = signed ?? query.get('X-Amz-Credential') ?? formField(body, 'X-Amz-Credential');
  return credential?.split('/')[0] ?? null;
}

/** The value of one field at the beginning of a `multipart/form-data` body; null when it has no such field. */
export function formField(body: Buffer, name: string): string | null {
  const [, value] =
    new RegExp(`name="${name}"\\r\\n(?:[^\\r\\n]+\\r\\n)*\\r\\n(.*?)\\r\\n--`, 'is').exec(body.toString()) ?? [];
  return value ?? null;
}

/** The JSON of a request; an empty object for any other body. */
export function jsonOf({ body }: AwsRequest): JsonObject {
  try {
    const value = parseJson(body.toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** The operation that a request names in its target header: `DynamoDB_20120810.GetItem` → `GetItem`. */
export function operationOf({ headers }: Pick<AwsRequest, 'headers'>): string {
  return (
    String(headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1) ?? ''
  );
}

/** Refuses in the JSON protocol of AWS. */
export function refuseInJson({ reason, message }: Refusal, status = 400): RefusedAnswer {
  const codes = {
    denied: 'AccessDeniedException',
    'unknown key': 'UnrecognizedClientException',
    'no key': 'MissingAuthenticationTokenException',
  };
  const code = codes[reason];
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message }),
  };
}
