import type * as z from 'zod/mini';
import type { KeyScope } from '../domain/keys/api-key.ts';
import type { Reading, Sound } from '../domain/report.ts';

/** What is remembered of an answer: an id and numbers of Roster's own, and nothing that a person wrote. */
type Remembered = { readonly id: string; readonly numbers: readonly number[] };

/** Answers a `POST` that is repeated with its `Idempotency-Key`. Without this the action runs again, to the same end. */
type Replay<Body, Output> = {
  readonly remember: (output: Output, body: Body) => Partial<Remembered>;
  /** The answer as things now are, without what is shown once; null when what was made is gone. */
  readonly answer: (
    remembered: Remembered,
    call: { readonly body: Body; readonly now: number },
  ) => Promise<Output | null> | Output | null;
};

/** The API key of a request, as far as anything behind the edge needs it. */
export type Caller = { readonly id: string; readonly email: string; readonly scopes: readonly KeyScope[] };

/** The caller of a public route. */
export const NOBODY: Caller = { id: '', email: '', scopes: [] };

/** A request as the contract's check sees it: what of it has its shape, who asks, and when. */
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

/** The contract of one action: the API's reference is made of these. */
export type Contract<Path, Query, Body, Output, Input = unknown> = {
  readonly summary: string;
  readonly description?: string;
  /** The scope that opens it, or one of several; `public` asks for no key. */
  readonly scope: KeyScope | 'public' | readonly KeyScope[];
  /** The parameters of the path. What does not fit names nothing: a 404. */
  readonly path?: z.ZodMiniType<Path>;
  readonly query?: z.ZodMiniType<Query>;
  readonly body?: z.ZodMiniType<Body>;
  /**
   * Checks what no schema can, since the stored schema, the settings or the time decide it, and makes `input` of it. It
   * is also called when something else has a wrong shape, so that one answer lists all faults of a request.
   */
  readonly check?: (asked: Asked<Path, Query, Body>) => Promise<Reading<Input>> | Reading<Input>;
  readonly status?: 200 | 201 | 202 | 204;
  readonly output?: z.ZodMiniType<Output>;
  /** What is answered by a `Reply` instead: status and media type, '' where there is no body. */
  readonly replies?: Readonly<Record<number, string>>;
  /** The `Location` of a 201 or a 202. */
  readonly location?: (output: Output, path: Path) => string;
  readonly replay?: Replay<Body, Output>;
  /** False for a `POST` that only asks: it ignores `Idempotency-Key`. */
  readonly writes?: false;
  /** The action compares the version of what it changes with `If-Match`. */
  readonly ifMatch?: true;
  /** The most bytes a body may have; 256 KB where nothing else is said. */
  readonly maxBytes?: number;
};

/** A contract whose schemas do not matter to whoever holds it. */
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
