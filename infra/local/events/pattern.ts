import { CannotStart } from '../process/cannot-start.ts';
import { isObject, type Json, type JsonObject } from '../process/json.ts';

/**
 * True when an event matches an EventBridge pattern, the language of rules and of event-source filters alike.
 * Source: "Amazon EventBridge event patterns" and "Comparison operators", EventBridge user guide.
 */
export function matches(pattern: JsonObject, event: Json | undefined): boolean {
  return Object.entries(pattern).every(([key, wanted]) => {
    if (key === '$or') return alternatives(wanted).some((one) => matches(one, event));
    const found = isObject(event) ? event[key] : undefined;
    if (isObject(wanted)) return matches(wanted, found);
    return conditions(key, wanted).some((condition) => holds(condition, found));
  });
}

/** Stops the start when a pattern uses an operator that is not known here. */
export function checkPattern(pattern: JsonObject): void {
  for (const [key, wanted] of Object.entries(pattern)) {
    if (key === '$or') alternatives(wanted).forEach(checkPattern);
    else if (isObject(wanted)) checkPattern(wanted);
    else for (const condition of conditions(key, wanted)) holds(condition, undefined);
  }
}

function alternatives(value: Json): JsonObject[] {
  if (!Array.isArray(value)) throw new CannotStart('An event pattern has an $or that is not a list.');
  return value.filter(isObject);
}

function conditions(key: string, value: Json): Json[] {
  if (!Array.isArray(value)) throw new CannotStart(`An event pattern has no list of values for "${key}".`);
  return value;
}

function holds(condition: Json, found: Json | undefined): boolean {
  if (isObject(condition)) return operator(condition, found);
  return Array.isArray(found) ? found.some((one) => one === condition) : found === condition;
}

function operator(condition: JsonObject, found: Json | undefined): boolean {
  const [name, argument] = Object.entries(condition)[0] ?? [];
  const test = operators[name ?? ''];
  if (test === undefined || argument === undefined || Object.keys(condition).length !== 1) {
    throw new CannotStart(`The event pattern operator "${name}" is not known to the local stack.`);
  }
  const values: (Json | undefined)[] = Array.isArray(found) ? found : [found];
  return values.some((value) => test(argument, value));
}

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

const operators: Record<string, (argument: Json, found: Json | undefined) => boolean> = {
  exists: (argument, found) => (found !== undefined) === argument,
  prefix: (argument, found) => text(found)?.startsWith(String(argument)) ?? false,
  suffix: (argument, found) => text(found)?.endsWith(String(argument)) ?? false,
  'equals-ignore-case': (argument, found) => text(found)?.toLowerCase() === String(argument).toLowerCase(),
  'anything-but': (argument, found) => {
    if (found === undefined) return false;
    if (isObject(argument)) return !operator(argument, found);
    return !(Array.isArray(argument) ? argument : [argument]).includes(found);
  },
  numeric: (argument, found) => {
    if (!Array.isArray(argument)) return false;
    const tests = argument.flatMap((sign, i) => (i % 2 === 0 ? [[sign, argument[i + 1]] as const] : []));
    return typeof found === 'number' && tests.every(([sign, bound]) => compare(found, String(sign), Number(bound)));
  },
};

function compare(value: number, sign: string, bound: number): boolean {
  if (sign === '=') return value === bound;
  if (sign === '<') return value < bound;
  if (sign === '<=') return value <= bound;
  if (sign === '>') return value > bound;
  if (sign === '>=') return value >= bound;
  throw new CannotStart(`The comparison "${sign}" in an event pattern is not known to the local stack.`);
}
