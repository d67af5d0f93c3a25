import * as z from 'zod/mini';
import type { PlacedFault } from '../domain/errors.ts';
import type { Sound } from '../domain/report.ts';
import { faultsOf } from './schema-faults.ts';

/** A body or a query as it was sent, without the names that no schema must see, and a fault for each of these. */
export type Sent = { readonly input: unknown; readonly faults: readonly PlacedFault[] };

/** The parts of an input that have their shape, and a fault for every other: without faults the input is whole. */
export type Shaped<T> = { readonly sound: Sound<T>; readonly faults: readonly PlacedFault[] };

type Issue = z.core.$ZodIssue;

/** Where the parts stand that an issue speaks of. */
function pathsOf(issue: Issue): readonly (readonly PropertyKey[])[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((name) => [...issue.path, name]) : [issue.path];
}

const isObject = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === 'object' && value !== null;

/** Takes a part out of a body: an element of an array leaves a hole, so that the others keep their places. */
function takeOut(body: unknown, path: readonly PropertyKey[]): void {
  const last = path.at(-1);
  const parent = path.slice(0, -1).reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), body);
  if (last === undefined || !isObject(parent)) return;
  if (Array.isArray(parent)) delete parent[Number(last)];
  else parent[last] = undefined;
}

/** What is left of an object when everything wrong is taken out of it; keys without a fault are read by the schema. */
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

/** Reads input by its schema, as far as it has its shape. */
export function shaped<T>(schema: z.ZodMiniType<T>, { input, faults }: Sent, place: 'body' | 'query'): Shaped<T> {
  const result = schema.safeParse(input);
  if (result.success) return { sound: result.data as Sound<T>, faults };
  return {
    sound: soundOf(schema, input, result.error.issues),
    faults: [...faults, ...faultsOf(result.error, input, place)],
  };
}
