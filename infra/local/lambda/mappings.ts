import type * as z from 'zod/mini';
import type { Resource } from '../cloudformation/assembly.ts';
import type { kinds } from '../cloudformation/kinds.ts';
import { checkPattern, matches } from '../events/pattern.ts';
import { CannotStart } from '../process/cannot-start.ts';
import { isObject, type JsonObject, parseJson } from '../process/json.ts';
import { type BatchPolicy, failedIds, type SourceRecord } from './batch.ts';
import type { Destination } from './destinations.ts';
import type { Answer } from './function-definition.ts';

type Settings = z.output<typeof kinds.mapping.properties>;

/** Lambda reads a queue with five pollers at first. */
const pollers = 5;

/** A mapping from a stream or a queue to a function, with its defaults filled in. */
export type Mapping = {
  readonly id: string;
  readonly sourceArn: string;
  readonly batchSize: number;
  readonly windowMs: number;
  /** The number of batches that are with the function at the same time. */
  readonly concurrency: number;
  readonly policy: Omit<BatchPolicy, 'giveUp' | 'stopping'>;
  readonly onFailure: Destination | null;
  accepts(record: object): boolean;
};

type Around = {
  /** Calls the function of the mapping. */
  invoke(nameOrArn: string, payload: string): Promise<Answer>;
  destinationOf(arn: string): Destination;
};

/** Reads a mapping. A filter with an operator that is not known stops the start. */
export function readMapping(
  { name, label, settings }: Resource<typeof kinds.mapping.properties>,
  around: Around,
): Mapping {
  const isStream = settings.EventSourceArn.includes(':dynamodb:');
  if (!isStream && !settings.EventSourceArn.includes(':sqs:')) {
    throw new CannotStart(`The event source ${settings.EventSourceArn} of ${label} is not known to the local stack.`);
  }
  const filters = (settings.FilterCriteria?.Filters ?? []).map(({ Pattern }) => readPattern(Pattern, label));
  const destination = settings.DestinationConfig?.OnFailure?.Destination;
  return {
    id: name,
    sourceArn: settings.EventSourceArn,
    batchSize: settings.BatchSize ?? (isStream ? 100 : 10),
    windowMs: (settings.MaximumBatchingWindowInSeconds ?? 0) * 1000,
    concurrency: isStream
      ? (settings.ParallelizationFactor ?? 1)
      : Math.min(settings.ScalingConfig?.MaximumConcurrency ?? pollers, pollers),
    policy: policyOf(settings, around),
    onFailure: destination === undefined ? null : around.destinationOf(destination),
    accepts: (record) => filters.length === 0 || filters.some((pattern) => matches(pattern, jsonOf(record))),
  };
}

function policyOf(settings: Settings, around: Around): Mapping['policy'] {
  const reported = settings.FunctionResponseTypes !== undefined;
  const maxAge = settings.MaximumRecordAgeInSeconds ?? -1;
  return {
    bisect: settings.BisectBatchOnFunctionError ?? false,
    retries: settings.MaximumRetryAttempts ?? -1,
    maxAgeMs: maxAge < 0 ? -1 : maxAge * 1000,
    async invoke(records: SourceRecord[]) {
      const payload = JSON.stringify({ Records: records.map(({ event }) => event) });
      const answer = await around.invoke(settings.FunctionName, payload);
      return answer.failed ? null : failedIds(answer.payload, reported);
    },
  };
}

function readPattern(text: string, label: string): JsonObject {
  const pattern = parseJson(text);
  if (!isObject(pattern)) throw new CannotStart(`A filter of ${label} is not an object.`);
  checkPattern(pattern);
  return pattern;
}

function jsonOf(record: object): JsonObject {
  const value = parseJson(JSON.stringify(record));
  return isObject(value) ? value : {};
}
