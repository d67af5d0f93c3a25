import type * as z from 'zod/mini';
import type { FaultCode, PlacedFault, Problem, ProblemCode } from '../domain/errors.ts';
import { below } from '../domain/report.ts';

type Kind = { readonly status: number; readonly title: string };

const KINDS: Readonly<Record<ProblemCode, Kind>> = {
  malformedJson: { status: 400, title: 'Malformed JSON' },
  invalid: { status: 400, title: 'Invalid request' },
  invalidToken: { status: 400, title: 'Invalid token' },
  unauthenticated: { status: 401, title: 'Not authenticated' },
  missingScope: { status: 403, title: 'Scope missing' },
  gateClosed: { status: 403, title: 'Gate closed' },
  notFound: { status: 404, title: 'Not found' },
  exists: { status: 409, title: 'Exists already' },
  inUse: { status: 409, title: 'In use' },
  immutable: { status: 409, title: 'Cannot be changed' },
  notManual: { status: 409, title: 'Not a manual segment' },
  limitReached: { status: 409, title: 'Limit reached' },
  valueConflict: { status: 409, title: 'Stored values conflict' },
  inProgress: { status: 409, title: 'Still in progress' },
  notFinished: { status: 409, title: 'Not finished' },
  alreadyFinished: { status: 409, title: 'Already finished' },
  countMismatch: { status: 409, title: 'Count does not match' },
  tokenUsed: { status: 409, title: 'Token used' },
  tokenExpired: { status: 409, title: 'Token expired' },
  notConfigured: { status: 409, title: 'Not configured' },
  lastOwner: { status: 409, title: 'Last owner key' },
  gone: { status: 410, title: 'Gone' },
  stale: { status: 412, title: 'Stale version' },
  tooLarge: { status: 413, title: 'Too large' },
  unsupportedMediaType: { status: 415, title: 'Unsupported media type' },
  idempotencyMismatch: { status: 422, title: 'Idempotency key used for another request' },
  rateLimited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Unavailable' },
};

/** Faults of one field that are a clash with what is stored, not a mistake in the request. */
const CLASHES: Readonly<Partial<Record<FaultCode, Kind>>> = {
  identifierTaken: { status: 409, title: 'Identifier already taken' },
  identifierConflict: { status: 409, title: 'Identifiers of different users' },
  suppressed: { status: 409, title: 'Suppressed' },
};

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(KINDS, code);

/** `wrongType` → `Wrong type`: the title of a code that needs no other. */
function titleOf(code: string): string {
  const words = code.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The status and title of a code. `archived` names a field in a request, and a resource when it stands alone. */
export function kindOf({ code, errors }: Pick<Problem, 'code' | 'errors'>): Kind {
  if (code === 'archived' && errors.length === 0) return { status: 409, title: 'Archived' };
  if (isProblemCode(code)) return KINDS[code];
  return CLASHES[code] ?? { status: 400, title: titleOf(code) };
}

/** A problem as RFC 9457 writes it. `request` is the id that the answer also carries as a header. */
export function problemBody(problem: Problem, request: string) {
  const { status, title } = kindOf(problem);
  return {
    type: `urn:roster:problem:${problem.code}`,
    code: problem.code,
    title,
    status,
    detail: problem.detail,
    instance: `urn:roster:request:${request}`,
    ...(problem.errors.length > 0 && { errors: problem.errors }),
  };
}

type Issue = z.core.$ZodIssue;

function bound(issue: Issue & { code: 'too_big' | 'too_small' }): { code: FaultCode; detail: string } {
  const big = issue.code === 'too_big';
  const limit = big ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
  if (issue.origin === 'string') return { code: big ? 'tooLong' : 'required', detail: `Give ${limit} characters.` };
  if (issue.origin === 'array') return { code: big ? 'tooMany' : 'required', detail: `Give ${limit} items.` };
  return { code: 'outOfRange', detail: `Must be ${limit}.` };
}

function faultOf(issue: Issue, value: unknown): { code: FaultCode; detail: string } {
  if (value === undefined) return { code: 'required', detail: 'This is required.' };
  // JSON has no end of numbers; what is too large for one here is read as infinite.
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)
    return { code: 'outOfRange', detail: 'Is too large.' };
  switch (issue.code) {
    case 'invalid_type':
      return { code: 'wrongType', detail: `Must be of type ${issue.expected}.` };
    case 'invalid_value':
      return { code: 'notAllowed', detail: `Must be one of ${issue.values.join(', ')}.` };
    case 'invalid_union':
      return { code: 'wrongType', detail: 'Has a wrong type.' };
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

/** The entries of a problem for what a schema found wrong with a body or a query, all at once. */
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
