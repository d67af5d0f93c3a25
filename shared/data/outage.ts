const OUTAGES: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TimeoutError',
  'ResourceNotFoundException',
]);

/** Whether an error says that the table is busy or out of reach: the same call can go well later. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (OUTAGES.has(error.name)) return true;
  // The SDK tells whose fault it was; an error of the network has a code instead.
  return '$fault' in error ? error.$fault === 'server' : 'code' in error;
}
