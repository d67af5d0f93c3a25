import type * as z from 'zod/mini';
import type { KeyScope } from '../domain/keys/api-key.ts';
import type { Reading, Sound } from '../domain/report.ts';

/** The part of an answer that is stored for a repeated call: ids and numbers of Roster's own, no data of a person. */
type Remembered = { readonly id: string; readonly numbers: readonly number[] };

/** Answers a `POST` that is repeated with its `Idempotency-Key`. A contract without it runs again, which changes nothing. */
type Replay<Body, Output> = {
  readonly remember: (output: Output, body: Body) => Partial<Remembered>;
  /** The answer with the thing as it now is, and null for secrets that are shown once. Null when the thing was deleted. */
  readonly answer: (
    remembered: Remembered,
    call: { readonly body: Body; readonly now: number },
  ) => Promise<Output | null> | Output | null;
};

/** The API key of a request, without its hash. */
export type Caller = { readonly id: string; readonly email: string; readonly scopes: readonly KeyScope[] };

/** The caller of a public route. */
export const NOBODY: Caller = { id: '', email: '', scopes: [] };

/** A request for the contract's check: the parts of it that have their shape, its API key, and its time. */
export type Asked<Path, Query, Body> = {
  readonly path: Sound<Path>;
  readonly query: Sound<Query>;
  readonly body: Sound<Body>;
  /** The path as it was sent, `/v1/segments/seg_1/users`: a cursor is bound to it. */
  readonly rawPath: string;
  readonly apiKey: Caller;
  /** Milliseconds since 1970. */
  readonly now: number;
};

/** The contract of one action. The API's reference is made of all contracts. */
export type Contract<Path, Query, Body, Output, Input = unknown> = {
  readonly summary: string;
  readonly description?: string;
  /** The scope that a key needs, or several, of which it needs one. `public` needs no key. */
  readonly scope: KeyScope | 'public' | readonly KeyScope[];
  /** The parameters of the path. A path that does not fit is a 404. */
  readonly path?: z.ZodMiniType<Path>;
  readonly query?: z.ZodMiniType<Query>;
  readonly body?: z.ZodMiniType<Body>;
  /**
   * Checks the request against the stored schema, the settings or the time, and returns `input`. It also runs for a
   * request with a wrong shape, so that one answer lists all faults.
   */
  readonly check?: (asked: Asked<Path, Query, Body>) => Promise<Reading<Input>> | Reading<Input>;
  readonly status?: 200 | 201 | 202 | 204;
  readonly output?: z.ZodMiniType<Output>;
  /** The answers that are a `Reply`: status and media type, '' for an answer without a body. */
  readonly replies?: Readonly<Record<number, string>>;
  /** The `Location` of a 201 or a 202. */
  readonly location?: (output: Output, path: Path) => string;
  readonly replay?: Replay<Body, Output>;
  /** False for a `POST` that only reads: it ignores `Idempotency-Key`. */
  readonly writes?: false;
  /** The action compares the version of what it changes with `If-Match`. */
  readonly ifMatch?: true;
  /** The size limit of a body in bytes; 256 KB by default. */
  readonly maxBytes?: number;
};

/** A contract of any schemas. */
export type AnyContract = Contract<unknown, unknown, unknown, unknown>;

/** An answer that is not the contract's output with the contract's status: a page, a redirect, a file. */
export class Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  constructor(status: number, headers: Readonly<Record<string, string>>, body = '') {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}
