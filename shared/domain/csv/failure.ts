import type { Failure } from '../jobs/job.ts';

/** The result of a step that failed the whole file, before a row of it was touched. */
export type Failed = { readonly failure: Failure };

/** A failure of the file: the code, a sentence that says how to mend it, and the physical line where there is one. */
export function failed(code: Failure['code'], detail: string, line?: number): Failed {
  return { failure: line === undefined ? { code, detail } : { code, detail, line } };
}
