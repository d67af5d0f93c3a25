import type * as z from 'zod/mini';
import type { FaultCode, PlacedFault } from './errors.ts';
import { below } from './report.ts';

type Issue = z.core.$ZodIssue;

/** The types of JSON, where a schema has another name for one. */
const TYPE_NAMES: Readonly<Record<string, string>> = { record: 'object', int: 'integer' };

/** The message of an issue of a schema that has none of its own. */
const NO_MESSAGE = 'Invalid input';

/** `a, b or c` */
function anyOf(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : words.join();
}

function bound(issue: Issue & { code: 'too_big' | 'too_small' }): { code: FaultCode; detail: string } {
  const big = issue.code === 'too_big';
  const limit = big ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
  if (issue.origin === 'string') return { code: big ? 'tooLong' : 'required', detail: `Give ${limit} characters.` };
  if (issue.origin === 'array') return { code: big ? 'tooMany' : 'required', detail: `Give ${limit} items.` };
  return { code: 'outOfRange', detail: `Must be ${limit}.` };
}

function faultOf(issue: Issue, value: unknown): { code: FaultCode; detail: string } {
  if (value === undefined) return { code: 'required', detail: 'This is required.' };
  // A number in JSON may be larger than any number in JavaScript, and is then read as infinite.
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    return { code: 'outOfRange', detail: 'Is too large.' };
  switch (issue.code) {
    case 'invalid_type':
      return { code: 'wrongType', detail: `Must be of type ${TYPE_NAMES[issue.expected] ?? issue.expected}.` };
    case 'invalid_value':
      return { code: 'notAllowed', detail: `Must be ${anyOf(issue.values.map(String))}.` };
    case 'invalid_union':
      return { code: 'wrongType', detail: issue.message === NO_MESSAGE ? 'Has a wrong type.' : issue.message };
    case 'invalid_key':
      return { code: 'notAllowed', detail: issue.issues[0]?.message ?? issue.message };
    case 'too_big':
    case 'too_small':
      return bound(issue);
    default:
      return { code: 'notAllowed', detail: issue.message || 'Is not allowed.' };
  }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    input,
  );
}

const REPEATED = { code: 'tooMany', detail: 'Give this parameter once.' } as const;

/** The faults of a body or a query, one for each issue of its schema. */
export function faultsOf(error: z.core.$ZodError, input: unknown, place: 'body' | 'query'): readonly PlacedFault[] {
  const at = (path: readonly PropertyKey[]) =>
    place === 'body' ? { pointer: path.reduce<string>(below, '') } : { parameter: String(path[0] ?? '') };
  return error.issues.flatMap((issue): PlacedFault[] => {
    if (issue.code === 'unrecognized_keys') {
      const detail = place === 'body' ? 'There is no such key here.' : 'There is no such parameter.';
      return issue.keys.map((name) => ({ ...at([...issue.path, name]), code: 'unknownKey', detail }));
    }
    const value = valueAt(input, issue.path);
    if (place === 'query' && Array.isArray(value)) return [{ ...at(issue.path), ...REPEATED }];
    return [{ ...at(issue.path), ...faultOf(issue, value) }];
  });
}
