import { Logger } from '@aws-lambda-powertools/logger';
import { env } from './env.ts';

/** The fields of a log line: ids and words of Roster's own, never a value that a person gave. */
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
  /** Of a call to AWS: the prefix of its IAM actions, the operation, the request id, and what a denied one lacked. */
  readonly service?: string;
  readonly operation?: string;
  readonly awsRequest?: string;
  readonly action?: string;
  readonly resource?: string;
  /** The kind of a stored item. */
  readonly entity?: string;
  readonly error?: string;
  readonly at?: string;
};

const logger = new Logger({ serviceName: 'roster' });

/**
 * The attributes by which CloudWatch counts a line in a metric (embedded metric format): the errors that all functions of
 * a deployment log. An alarm watches this metric, so whatever is logged as an error rings.
 */
const counted = () => ({
  stage: env.stage,
  Errors: 1,
  _aws: {
    Timestamp: Date.now(),
    CloudWatchMetrics: [{ Namespace: 'Roster', Dimensions: [['stage']], Metrics: [{ Name: 'Errors', Unit: 'Count' }] }],
  },
});

/** Writes one line. */
export const log = {
  info: (message: string, fields: Fields = {}) => logger.info(message, { ...fields }),
  warn: (message: string, fields: Fields = {}) => logger.warn(message, { ...fields }),
  error: (message: string, fields: Fields = {}) => logger.error(message, { ...fields, ...counted() }),
};

/** Matches a line of a stack that names a place in a file, and no line of the message, which stands above these lines. */
const FRAME = /^ {4}at (?:.* \(|async )?(?:file:|node:|\/)[^\s@]*:\d+:\d+\)?$/;

/**
 * The name of an error and the place where it was thrown. The message is left out: it may hold a value that a person gave.
 */
export function traceOf(error: unknown): Pick<Fields, 'error' | 'at'> {
  if (!(error instanceof Error)) return { error: typeof error };
  const at = error.stack?.split('\n').find((line) => FRAME.test(line));
  return { error: error.name, ...(at && { at: at.trim() }) };
}
