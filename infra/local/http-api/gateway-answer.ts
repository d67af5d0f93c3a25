import * as z from 'zod/mini';
import type { Answer } from '../lambda/function-definition.ts';
import { parseJson } from '../process/json.ts';

/** The response to the caller. */
export type GatewayAnswer = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly cookies: string[];
  readonly body: Buffer;
};

const Result = z.object({
  statusCode: z.coerce.number(),
  headers: z.optional(z.nullable(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])))),
  cookies: z.optional(z.nullable(z.array(z.string()))),
  body: z.optional(z.nullable(z.string())),
  isBase64Encoded: z.optional(z.nullable(z.boolean())),
});

/** A response that the gateway makes itself. */
export function ownAnswer(status: number, message: string): GatewayAnswer {
  const headers = { 'content-type': 'application/json' };
  return { status, headers, cookies: [], body: Buffer.from(JSON.stringify({ message })) };
}

/**
 * Makes the response of a function's answer: with a `statusCode` the answer holds status, headers and body, without one
 * it is the body in JSON. For an error, and for an answer of another shape, it is the gateway's own 500.
 */
export function gatewayAnswer(answer: Answer): GatewayAnswer {
  if (answer.failed) return ownAnswer(500, 'Internal Server Error');
  const value = parseJson(answer.payload);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value.statusCode === undefined) {
    const headers = { 'content-type': 'application/json' };
    return { status: 200, headers, cookies: [], body: Buffer.from(answer.payload) };
  }
  const { success, data } = z.safeParse(Result, value);
  if (!success) return ownAnswer(500, 'Internal Server Error');
  const headers = Object.entries(data.headers ?? {}).map(([name, text]) => [name.toLowerCase(), String(text)] as const);
  return {
    status: data.statusCode,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...Object.fromEntries(headers) },
    cookies: data.cookies ?? [],
    body: Buffer.from(data.body ?? '', data.isBase64Encoded ? 'base64' : 'utf8'),
  };
}
