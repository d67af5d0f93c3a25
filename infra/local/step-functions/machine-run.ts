import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import * as z from 'zod/mini';
import { isObject, type Json, type JsonObject, parseJson } from '../process/json.ts';
import { asDefinition, type Definition } from './machine-definition.ts';

/** The functions and files that an execution reaches. */
export type Surroundings = {
  /** Calls a function by its ARN. */
  invoke(arn: string, payload: string): Promise<{ failed: boolean; payload: string }>;
  /** Reads the list of items that a Map state works through. */
  readItems(bucket: string, key: string): Promise<Json>;
  /** Says why the executions of a distributed Map may not be started and looked after; null when they may. */
  refusesChildren(): string | null;
};

export type Run = { readonly result: Promise<Json>; abort(): void };

/** The executions of a Map's items, and whether the one that they belong to has ended. */
type Children = { readonly runs: Set<Run>; isOver: boolean };

/** Timers of Node end at 24.8 days; the library's own default for a task without a time-out is a minute. */
const longestSeconds = 2_000_000;
const defaultConcurrency = 40;

/**
 * Runs a definition. The library runs the states. A distributed Map, which it does not have, is run here: it reads its
 * items from S3, runs each as an execution of its own and tolerates failures.
 */
export function runMachine(definition: Definition, input: Json, context: JsonObject, around: Surroundings): Run {
  const children: Children = { runs: new Set(), isOver: false };
  const handlers: Record<string, (input: Json) => Promise<Json>> = {};
  const states = statesOf(definition, (name, state) => {
    handlers[name] =
      state.Type === 'Map'
        ? (given) => runItems(state, given, context, around, children)
        : (given) => runTask(String(state.Resource), given, around);
  });
  const machine = new StateMachine(prepared({ ...definition, States: states }), {
    validationOptions: { noValidate: true },
  });
  const run = machine.run(input, { overrides: { taskResourceLocalHandlers: handlers }, context });
  void drain(run.eventLogs);
  const end = () => {
    children.isOver = true;
    for (const child of children.runs) child.abort();
  };
  return {
    // When an execution ends, the library forgets its tasks. A Map is such a task, and would work through all its items.
    result: run.result.finally(end).then((value) => z.parse(z.json(), value ?? null)),
    abort() {
      run.abort();
      end();
    },
  };
}

/** Reads the events of a run, which the library would keep in memory. */
async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

/** The states as the library runs them; `onTask` is called for each that is run outside of it. */
function statesOf(definition: Definition, onTask: OnTask): Record<string, JsonObject> {
  const entries = Object.entries(definition.States).map(([name, state]): [string, JsonObject] => [
    name,
    stateOf(name, state, onTask),
  ]);
  return Object.fromEntries(entries);
}
type OnTask = (name: string, state: JsonObject) => void;

function stateOf(name: string, state: JsonObject, onTask: OnTask): JsonObject {
  if (state.Type === 'Task') onTask(name, state);
  if (state.Type === 'Task') return { TimeoutSeconds: longestSeconds, ...state };
  if (isDistributed(state)) {
    onTask(name, state);
    return asTask(state);
  }
  if (Array.isArray(state.Branches)) return { ...state, Branches: state.Branches.map((one) => inner(one, onTask)) };
  return state.ItemProcessor === undefined ? state : { ...state, ItemProcessor: inner(state.ItemProcessor, onTask) };
}

function isDistributed({ ItemProcessor }: JsonObject): boolean {
  const config = isObject(ItemProcessor) ? ItemProcessor.ProcessorConfig : undefined;
  return isObject(config) && config.Mode === 'DISTRIBUTED';
}

function inner(value: Json, onTask: OnTask): JsonObject {
  const definition = asDefinition(value);
  return { ...definition, States: statesOf(definition, onTask) };
}

/** A distributed Map state as a task of the library, with the same input, output, retries and next state. */
function asTask({ ItemReader, ItemProcessor, ItemSelector, ItemsPath, Parameters, ...state }: JsonObject): JsonObject {
  return { ...state, Type: 'Task', Resource: 'arn:aws:states:::map', TimeoutSeconds: longestSeconds };
}

function prepared(definition: Definition): StateMachineDefinition {
  const limit = definition.TimeoutSeconds;
  const whole =
    limit === undefined ? definition : { ...definition, TimeoutSeconds: Math.min(Number(limit), longestSeconds) };
  return z.parse(
    z.custom<StateMachineDefinition>((value) => typeof value === 'object'),
    whole,
  );
}

async function runTask(arn: string, input: Json, around: Surroundings): Promise<Json> {
  const { failed, payload } = await around.invoke(arn, JSON.stringify(input));
  const result = parseJson(payload);
  if (!failed) return result;
  throw named(isObject(result) ? String(result.errorType) : 'Lambda.Unknown', payload);
}

/** An error with the name that Retry and Catch compare. */
function named(name: string, cause: string): Error {
  return Object.assign(new Error(cause), { name });
}

async function runItems(
  state: JsonObject,
  input: Json,
  context: JsonObject,
  around: Surroundings,
  children: Children,
): Promise<Json> {
  const refusal = around.refusesChildren();
  if (refusal !== null) throw named('States.Permissions', refusal);
  const items = await itemsOf(state, input, context, around);
  const definition = asDefinition(state.ItemProcessor);
  const tolerated = toleranceOf(state, items.length);
  const concurrency = await numberAt(state, 'MaxConcurrency', input, context);
  const results: Json[] = [];
  let next = 0;
  let failures = 0;

  async function work(): Promise<void> {
    while (next < items.length && failures <= tolerated && !children.isOver) {
      const index = next++;
      const given = await itemInput(state, { Index: index, Value: items[index] ?? null }, input, context);
      const run = runMachine(definition, given, context, around);
      children.runs.add(run);
      results[index] = await run.result.catch(() => {
        failures += 1;
        return null;
      });
      children.runs.delete(run);
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency || defaultConcurrency, items.length) }, work));
  if (failures > tolerated) {
    for (const child of children.runs) child.abort();
    throw named('States.ExceedToleratedFailureThreshold', `${failures} of ${items.length} items failed.`);
  }
  return results;
}

/** The input of one item's execution: the item, or the state's ItemSelector filled in. */
async function itemInput(state: JsonObject, item: { Index: number; Value: Json }, input: Json, context: JsonObject) {
  const selector = state.ItemSelector ?? state.Parameters;
  return selector === undefined ? item.Value : evaluate(selector, input, { ...context, Map: { Item: item } });
}

async function itemsOf(state: JsonObject, input: Json, context: JsonObject, around: Surroundings): Promise<Json[]> {
  if (state.ItemReader === undefined)
    return listOf(await evaluate({ 'value.$': state.ItemsPath ?? '$' }, input, context, 'value'));
  const place = await evaluate(isObject(state.ItemReader) ? (state.ItemReader.Parameters ?? {}) : {}, input, context);
  const { Bucket, Key } = isObject(place) ? place : {};
  try {
    return listOf(await around.readItems(String(Bucket), String(Key)));
  } catch (error) {
    throw named('States.ItemReaderFailed', error instanceof Error ? error.message : 'The list cannot be read.');
  }
}

function listOf(items: Json): Json[] {
  if (!Array.isArray(items)) throw named('States.Runtime', 'The items of a Map state are not a list.');
  return items;
}

function toleranceOf(state: JsonObject, count: number): number {
  const share = Math.floor((Number(state.ToleratedFailurePercentage ?? 0) / 100) * count);
  return Math.max(share, Number(state.ToleratedFailureCount ?? 0));
}

async function numberAt(state: JsonObject, field: string, input: Json, context: JsonObject): Promise<number> {
  const path = state[`${field}Path`];
  return Number(
    path === undefined ? (state[field] ?? 0) : await evaluate({ 'value.$': path }, input, context, 'value'),
  );
}

/** Fills in a payload template: the library does so for the parameters of a machine with one Pass state. */
async function evaluate(template: Json, input: Json, context: JsonObject, field?: string): Promise<Json> {
  const definition = { StartAt: 'Fill', States: { Fill: { Type: 'Pass', Parameters: template, End: true } } };
  const machine = new StateMachine(prepared(asDefinition(definition)), { validationOptions: { noValidate: true } });
  const run = machine.run(input, { context });
  void drain(run.eventLogs);
  const filled = z.parse(z.json(), await run.result);
  return field !== undefined && isObject(filled) ? (filled[field] ?? null) : filled;
}
