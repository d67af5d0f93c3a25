import * as z from 'zod/mini';
import { CannotStart } from '../process/cannot-start.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../process/json.ts';

/** A state machine, or the part of one that runs for each item of a list. */
export type Definition = JsonObject & { StartAt: string; States: Record<string, JsonObject> };

const common = ['Type', 'Comment', 'Next', 'End', 'InputPath', 'OutputPath', 'QueryLanguage'];
const working = ['Parameters', 'ResultSelector', 'ResultPath', 'Retry', 'Catch'];

/** Every field of the Amazon States Language that runs here as it does in the cloud, by the type of its state. */
const fields: Record<string, string[]> = {
  Task: [...common, ...working, 'Resource', 'TimeoutSeconds', 'TimeoutSecondsPath'],
  Map: [
    ...[...common, ...working, 'ItemProcessor', 'ItemsPath', 'ItemSelector', 'ItemReader', 'Label'],
    ...['MaxConcurrency', 'MaxConcurrencyPath', 'ToleratedFailurePercentage', 'ToleratedFailureCount'],
  ],
  Parallel: [...common, ...working, 'Branches'],
  Choice: [...common, 'Choices', 'Default'],
  Pass: [...common, 'Parameters', 'Result', 'ResultPath'],
  Wait: [...common, 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
  Succeed: common,
  Fail: [...common, 'Error', 'ErrorPath', 'Cause', 'CausePath'],
};

const Machine = z.object({ StartAt: z.string(), States: z.record(z.string(), z.record(z.string(), z.json())) });

/**
 * Reads a definition and checks every state. A query language other than JSONPath, an unknown field, and a task that is
 * not one of the functions stop the start: the library would ignore them without a word.
 */
export function readDefinition(text: string, label: string, isFunction: (arn: string) => boolean): Definition {
  const whole = parseJson(text);
  check(whole, label, isFunction);
  return asDefinition(whole);
}

export function asDefinition(value: Json | undefined): Definition {
  const { StartAt, States } = z.parse(Machine, value);
  return { ...(isObject(value) ? value : {}), StartAt, States };
}

function check(value: Json | undefined, label: string, isFunction: (arn: string) => boolean): void {
  const { QueryLanguage, States } = asDefinition(value);
  checkLanguage(QueryLanguage, label);
  for (const [name, state] of Object.entries(States)) checkState(state, `${name} of ${label}`, isFunction);
}

function checkState(state: JsonObject, label: string, isFunction: (arn: string) => boolean): void {
  const known = fields[String(state.Type)];
  if (known === undefined) throw unknown(`The state type ${state.Type} (${label})`);
  const field = Object.keys(state).find((key) => !known.includes(key));
  if (field !== undefined) throw unknown(`The field ${field} of the ${state.Type} state ${label}`);
  checkLanguage(state.QueryLanguage, label);
  if (state.Type === 'Task' && !isFunction(String(state.Resource))) {
    throw unknown(`The task ${state.Resource} (${label})`);
  }
  if (state.Type === 'Map') checkMap(state, label, isFunction);
  for (const branch of Array.isArray(state.Branches) ? state.Branches : []) check(branch, label, isFunction);
}

function checkLanguage(language: Json | undefined, label: string): void {
  if (language !== undefined && language !== 'JSONPath') throw unknown(`The query language ${language} (${label})`);
}

const Reader = z.strictObject({
  Resource: z.string().check(z.regex(/:s3:getObject$/)),
  ReaderConfig: z.strictObject({ InputType: z.literal('JSON') }),
  Parameters: z.json(),
});

/** The library runs an inline Map, and reads no file and tolerates no failure in it. */
function checkMap(
  { ItemProcessor, ItemReader, ...state }: JsonObject,
  label: string,
  isFunction: (arn: string) => boolean,
) {
  const processor = isObject(ItemProcessor) ? ItemProcessor : {};
  const { ProcessorConfig } = processor;
  const distributed = isObject(ProcessorConfig) && ProcessorConfig.Mode === 'DISTRIBUTED';
  const needsIt = Object.keys(state).find((key) => key.startsWith('Tolerated'));
  if (!distributed && needsIt !== undefined) throw unknown(`The field ${needsIt} of the inline Map state ${label}`);
  if (ItemReader !== undefined && (!distributed || !z.safeParse(Reader, ItemReader).success)) {
    throw unknown(`The item reader of ${label}`);
  }
  check(processor, label, isFunction);
}

function unknown(what: string): CannotStart {
  return new CannotStart(`${what} is not known to the local stack.`);
}
