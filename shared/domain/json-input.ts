import { type PlacedFault, Problem, problemOf } from './errors.ts';
import { FORBIDDEN_NAMES } from './properties/property.ts';
import { below } from './report.ts';
import { fromJson } from './values/json.ts';

/** An input as it was sent, without the names that no schema must see, and a fault for each of these. */
export type Sent = { readonly input: unknown; readonly faults: readonly PlacedFault[] };

/** The limit of nesting in JSON: more than any rule needs, and few enough for recursive functions. */
const MAX_DEPTH = 64;

/** Faults of names that would set an object's prototype, at any depth. A schema drops such names without a fault. */
function forbiddenNames(value: unknown, pointer: string, depth: number): readonly PlacedFault[] {
  if (typeof value !== 'object' || value === null) return [];
  if (depth > MAX_DEPTH) throw problemOf([{ pointer, code: 'tooDeep', detail: `Nest at most ${MAX_DEPTH} deep.` }]);
  const isArray = Array.isArray(value);
  return Object.entries(value).flatMap(([name, inner]): readonly PlacedFault[] => {
    const at = below(pointer, name);
    if (!isArray && FORBIDDEN_NAMES.has(name)) {
      return [{ pointer: at, code: 'forbiddenName', detail: 'This name cannot be used.' }];
    }
    return forbiddenNames(inner, at, depth + 1);
  });
}

/**
 * The JSON of a body or of a file with options, without forbidden names. A BOM is no part of it.
 *
 * @throws Problem `malformedJson`, `tooDeep`: no further fault of such an input can be found
 */
export function readJson(bytes: Uint8Array): Sent {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const input = fromJson(text);
    const faults = forbiddenNames(input, '', 0);
    if (faults.length === 0) return { input, faults };
    // A reviver that returns undefined removes the name.
    return { input: JSON.parse(text, (name, value) => (FORBIDDEN_NAMES.has(name) ? undefined : value)), faults };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw problemOf([{ pointer: '', code: 'malformedJson', detail: 'The body is not JSON in UTF-8.' }]);
  }
}
