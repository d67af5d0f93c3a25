/** What a thread holds: the bundle, the export in it, and what the function is told about itself. */
export type FunctionSetup = {
  readonly file: string;
  readonly handler: string;
  readonly name: string;
  readonly arn: string;
  readonly memory: number;
};

/** What the stack sends to a function's thread. `deadline` is in milliseconds since 1970. */
export type FunctionCall = { readonly requestId: string; readonly payload: string; readonly deadline: number };

/** What the thread sends back: that it is loaded, or the answer to a call, as JSON. */
export type FunctionReport =
  | { readonly ready: true }
  | { readonly requestId: string; readonly failed: boolean; readonly payload: string };
