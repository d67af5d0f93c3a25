import { Logger } from '@aws-lambda-powertools/logger';

/** What a line of a log may hold: ids and words of Roster's own, never a value that a person gave. */
export type Fields = {
  readonly request?: string;
  readonly route?: string;
  readonly status?: number;
  readonly ms?: number;
  readonly apiKey?: string;
  readonly job?: string;
  readonly part?: number;
  readonly segment?: string;
  readonly user?: string;
  readonly code?: string;
  readonly count?: number;
  readonly error?: string;
  readonly at?: string;
};

const logger = new Logger({ serviceName: 'roster' });

/** Writes one line. */
export const log = {
  info: (message: string, fields: Fields = {}) => logger.info(message, { ...fields }),
  warn: (message: string, fields: Fields = {}) => logger.warn(message, { ...fields }),
  error: (message: string, fields: Fields = {}) => logger.error(message, { ...fields }),
};

/** A line of a stack that names a place in a file; lines of the message stand above these, and may begin alike. */
const FRAME = /^ {4}at (?:.* \(|async )?(?:file:|node:|\/)[^\s@]*:\d+:\d+\)?$/;

/**
 * What may be told of an error that nobody foresaw: its name and where it was thrown. Its message may hold a value that
 * a person gave, so it stays out.
 */
export function traceOf(error: unknown): Pick<Fields, 'error' | 'at'> {
  if (!(error instanceof Error)) return { error: typeof error };
  const at = error.stack?.split('\n').find((line) => FRAME.test(line));
  return { error: error.name, ...(at && { at: at.trim() }) };
}
