import type * as z from 'zod/mini';
import type { KeyScope } from '../domain/keys/api-key.ts';
import type { Reading, Sound } from '../domain/report.ts';

/** What an action makes: how its id is found in the output, where it lives, and how it is read again for a replay. */
export type Creates<Output> = {
  readonly id: (output: Output) => string;
  /** The path of the made thing without its id: `/v1/users/`. */
  readonly path: string;
  /** Reads the thing as it now is; null when it is gone. What is shown once is null in it. */
  readonly read: (id: string, now: number) => Promise<Output | null>;
};

/** What a call answers when it is repeated and the thing that it made, if any, does not say: what it answered first. */
export type Recalls<Body, Output> = {
  /** The answer in numbers: nothing that a person wrote is remembered. */
  readonly numbers: (output: Output, body: Body) => readonly number[];
  /** The answer of these numbers, to the same body, about what was made, as it now is; null when that is gone. */
  readonly answer: (numbers: readonly number[], body: Body, made: Output | null) => Output | null;
};

/** What an input is read with: what of it has its shape, who asks, and when. */
export type Asking<Query, Body> = {
  readonly query: Sound<Query>;
  readonly body: Sound<Body>;
  /** `/v1/users`, with the path's own values: what a cursor is bound to. */
  readonly path: string;
  readonly apiKey: { readonly id: string; readonly email: string; readonly scopes: readonly KeyScope[] };
  /** Milliseconds since 1970. */
  readonly now: number;
};

/** The contract of one action: the API's reference is made of these. */
export type Contract<Query, Body, Output, Input = unknown> = {
  readonly summary: string;
  readonly description?: string;
  /** The scope that opens it, or one of several; `public` asks for no key. */
  readonly scope: KeyScope | 'public' | readonly KeyScope[];
  readonly query?: z.ZodMiniType<Query>;
  readonly body?: z.ZodMiniType<Body>;
  /**
   * Reads what no schema can: what the stored schema, the settings or the time decide. It is asked also when the shape of
   * something else is wrong, so that all faults of a request are told at once.
   */
  readonly read?: (asking: Asking<Query, Body>) => Promise<Reading<Input>> | Reading<Input>;
  readonly status?: 200 | 201 | 202 | 204;
  readonly output?: z.ZodMiniType<Output>;
  /** What is answered by a `Reply` instead: status and media type, '' where there is no body. */
  readonly replies?: Readonly<Record<number, string>>;
  readonly creates?: Creates<Output>;
  /** A `POST` whose answer says what cannot be read again later has this. */
  readonly recalls?: Recalls<Body, Output>;
  /** False for a `POST` that only asks: it ignores `Idempotency-Key`. */
  readonly writes?: false;
  /** The most bytes a body may have; 256 KB where nothing else is said. */
  readonly maxBytes?: number;
};

/** An answer that is not the contract's output with the contract's status: a page, a redirect, a file. */
export class Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body is base64 of bytes, not text. */
  readonly isBase64Encoded: boolean;
  constructor(
    status: number,
    headers: Readonly<Record<string, string>>,
    body = '',
    { isBase64Encoded = false }: { readonly isBase64Encoded?: boolean } = {},
  ) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.isBase64Encoded = isBase64Encoded;
  }
}

/** What a call came to: an output or a reply, and whether it was remembered from an earlier call. */
export type Came<Output> = { readonly output: Output | Reply; readonly replayed: boolean; readonly status?: number };
