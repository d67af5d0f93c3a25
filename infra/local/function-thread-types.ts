/** What the stack sends to a function's thread. `deadline` is in milliseconds since 1970. */
export type FunctionCall = { readonly requestId: string; readonly payload: string; readonly deadline: number };

/** What the thread sends back: that it is loaded, or the answer to a call, as JSON. */
export type FunctionReport =
  | { readonly ready: true }
  | { readonly requestId: string; readonly failed: boolean; readonly payload: string };
