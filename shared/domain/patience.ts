/**
 * How long a service is waited for, in milliseconds: until it takes a connection, and until it begins to answer. Then the
 * call is given up and tried again over another connection, so that one that hangs costs seconds, and never all the time
 * that a function has.
 */
export const PATIENCE = { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true } as const;
