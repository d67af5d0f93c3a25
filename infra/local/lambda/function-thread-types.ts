/** The bundle of a function, the export in it, and the facts that its context tells. */
export type FunctionSetup = {
  readonly file: string;
  readonly handler: string;
  readonly name: string;
  readonly arn: string;
  readonly memory: number;
};

/** A call that the stack sends to a function’s thread. `deadline` is in milliseconds since 1970. */
export type FunctionCall = { readonly requestId: string; readonly payload: string; readonly deadline: number };

/** A message of the thread: it is loaded, or it has answered a call, in JSON. */
export type FunctionReport =
  | { readonly ready: true }
  | { readonly requestId: string; readonly failed: boolean; readonly payload: string };
