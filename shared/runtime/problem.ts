import type { FaultCode, Problem, ProblemCode } from '../domain/errors.ts';

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

/** Faults of a field that conflict with stored data. They are no mistakes of the request, so their status is 409. */
const CLASHES: Readonly<Partial<Record<FaultCode, Kind>>> = {
  identifierTaken: { status: 409, title: 'Identifier already taken' },
  identifierConflict: { status: 409, title: 'Identifiers of different users' },
  suppressed: { status: 409, title: 'Suppressed' },
};

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(KINDS, code);

/** The title of a code that has no title of its own: `wrongType` → `Wrong type`. */
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
