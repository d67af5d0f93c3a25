import { Busy } from './retrying.ts';

const OUTAGES: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'TimeoutError',
  'ResourceNotFoundException',
]);

/** True for an error of a service that is busy or out of reach: the same call can succeed later. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof Busy || OUTAGES.has(error.name)) return true;
  // The SDK sets `$fault`. A network error has a code of the operating system instead, such as ECONNRESET; Node's own codes
  // (ERR_…) are errors of a program.
  return '$fault' in error ? error.$fault === 'server' : 'code' in error && /^E(?!RR_)/.test(String(error.code));
}
