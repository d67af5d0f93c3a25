import * as z from 'zod/mini';
import type { PlacedFault } from '../domain/errors.ts';
import type { Sent } from '../domain/json-input.ts';
import type { Sound } from '../domain/report.ts';
import { faultsOf } from '../domain/schema-faults.ts';

/** The parts of an input that have their shape, and a fault for every other part: without faults the input is complete. */
export type Shaped<T> = { readonly sound: Sound<T>; readonly faults: readonly PlacedFault[] };

type Issue = z.core.$ZodIssue;

/** The paths of the values that an issue is about. */
function pathsOf(issue: Issue): readonly (readonly PropertyKey[])[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((name) => [...issue.path, name]) : [issue.path];
}

const isObject = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === 'object' && value !== null;

/** Removes a value from a body. An element of an array leaves a hole, so that the others keep their indexes. */
function takeOut(body: unknown, path: readonly PropertyKey[]): void {
  const last = path.at(-1);
  const parent = path.slice(0, -1).reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), body);
  if (last === undefined || !isObject(parent)) return;
  if (Array.isArray(parent)) delete parent[Number(last)];
  else parent[last] = undefined;
}

/** An object without its faulty values. The keys without a fault are parsed by the schema. */
function soundOf<T>(schema: z.ZodMiniType<T>, input: unknown, issues: readonly Issue[]): Sound<T> {
  if (!(schema instanceof z.ZodMiniObject) || !isObject(input) || Array.isArray(input)) return {};
  const left: Record<PropertyKey, unknown> = structuredClone(input);
  const paths = issues.flatMap(pathsOf);
  for (const path of paths) takeOut(left, path);
  const faulty = new Set(paths.map(([first]) => first));
  for (const [name, field] of Object.entries(schema.shape)) {
    if (!faulty.has(name)) left[name] = z.parse(field, left[name]);
  }
  return left as Sound<T>;
}

/** Parses input by its schema, as far as it has its shape. */
export function shaped<T>(schema: z.ZodMiniType<T>, { input, faults }: Sent, place: 'body' | 'query'): Shaped<T> {
  const result = schema.safeParse(input);
  if (result.success) return { sound: result.data as Sound<T>, faults };
  return {
    sound: soundOf(schema, input, result.error.issues),
    faults: [...faults, ...faultsOf(result.error, input, place)],
  };
}
