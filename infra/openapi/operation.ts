import type { routes } from '../routes.ts';
import type { Json } from './json-schemas.ts';

/** A route that the document describes. `$default` is the answer where there is no route. */
export type DescribedRoute = Exclude<keyof typeof routes, '$default'>;

/** A route with descriptions of its own. A `HEAD` has those of its `GET`. */
export type OwnRoute = Exclude<DescribedRoute, `HEAD ${string}`>;

/** One parameter of a path or a query, with its schema as a client sees it. */
export type Parameter = { readonly name: string; readonly required: boolean; readonly schema: Json };

/** A route and its contract, as plain data: schemas are JSON Schemas, or references to them. */
export type Operation = {
  readonly route: OwnRoute;
  /** In lower case, as OpenAPI writes it. */
  readonly method: string;
  readonly path: string;
  readonly id: string;
  /** The noun that the operation is listed under. */
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** The scopes of which a key needs one; none for a public route. */
  readonly scopes: readonly string[];
  readonly inPath: readonly Parameter[];
  readonly inQuery: readonly Parameter[];
  readonly body: Json | null;
  readonly status: number;
  /** The schema of a JSON answer; null where the answer has no body, or is not JSON. */
  readonly output: Json | null;
  /** True when the answer is a thing with a version, and so has an ETag. */
  readonly hasVersion: boolean;
  /** True when it compares the version of the thing with `If-Match`. */
  readonly honoursIfMatch: boolean;
  /** The media types of other answers by status; '' where there is no body. */
  readonly replies: Readonly<Record<string, string>>;
  /** True when a 201 or 202 says where the thing is. */
  readonly hasLocation: boolean;
  /** True when a repeated call reads again what the first one made. */
  readonly isRecalled: boolean;
  /** True when it changes anything. */
  readonly writes: boolean;
  /** True when it reads or writes the table, which may be busy. */
  readonly usesTable: boolean;
};

/** True when a repeated call with the same `Idempotency-Key` has one effect. */
export const isRepeatable = ({ method, writes }: Operation) => method === 'post' && writes;
