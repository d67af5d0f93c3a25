/** A query parameter of an example; a list is sent with commas between. */
export type Sendable = string | number | boolean | readonly string[];

/**
 * A request that a client may send, and the answer to it. A test sends every one.
 *
 * `answer` is the JSON of the answer, or its text when it is no JSON; it is absent where the answer has no body.
 */
export type Example = {
  readonly title: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, Sendable>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  readonly answer?: unknown;
};

/** The examples of a route: the first is the ordinary case. */
export type Examples = readonly [Example, ...Example[]];

/** The name of an example in the document: `An unknown user` → `an-unknown-user`. */
export function slugOf({ title }: Example): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
