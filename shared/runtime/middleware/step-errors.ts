import { FailureCode } from '../../domain/jobs/job.ts';
import { log, traceOf } from '../log.ts';

/** An error of the same name with nothing else in it. */
function nameOnly(error: unknown): Error {
  const bare = new Error('see the log of the function');
  bare.name = error instanceof Error ? error.name : 'Error';
  delete bare.stack;
  return bare;
}

/** True for an error whose name is a failure code: its user can correct the cause, such as a file that was replaced. */
const isForTheUser = (error: unknown) =>
  error instanceof Error && error.name !== 'internal' && FailureCode.safeParse(error.name).success;

/**
 * Logs an error, and replaces it by one that has only its name: histories of workflows are stored, and must not hold data
 * of a person. A thrown replacement would not do, since middy sets the first error as its cause.
 */
export const stepErrors = {
  onError: (request: { error: Error | null | undefined }) => {
    const { error } = request;
    if (isForTheUser(error)) log.warn('step ended by what its user did', traceOf(error));
    else log.error('step failed', traceOf(error));
    request.error = nameOnly(error);
  },
};
