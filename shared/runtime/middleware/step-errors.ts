import { log, traceOf } from '../log.ts';

/** An error of the same name with nothing else in it. */
function nameOnly(error: unknown): Error {
  const bare = new Error('see the log of the function');
  bare.name = error instanceof Error ? error.name : 'Error';
  delete bare.stack;
  return bare;
}

/**
 * Logs an error and lets the workflow see its name alone: histories of workflows are kept, and must not hold a value that
 * a person gave. The error is replaced, not thrown: middy would hang the first one on the second.
 */
export const stepErrors = {
  onError: (request: { error: Error | null | undefined }) => {
    log.error('step failed', traceOf(request.error));
    request.error = nameOnly(request.error);
  },
};
