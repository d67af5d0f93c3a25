import { Busy } from './retrying.ts';

const OUTAGES: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TransactionConflictException',
  'TimeoutError',
  'ResourceNotFoundException',
]);

/** Whether an error says that the table, or another service, is busy or out of reach: the same call can go well later. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof Busy || OUTAGES.has(error.name)) return true;
  // The SDK tells whose fault it was; an error of the network has a code of the system instead, such as ECONNRESET. Node's
  // own codes name mistakes of a program.
  return '$fault' in error ? error.$fault === 'server' : 'code' in error && /^E(?!RR_)/.test(String(error.code));
}
