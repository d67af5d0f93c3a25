/** The fault of one field, one cell or one part of a rule: a code of the closed list in the API's reference, and a sentence. */
export class Fault {
  readonly code: FaultCode;
  readonly detail: string;
  constructor(code: FaultCode, detail: string) {
    this.code = code;
    this.detail = detail;
  }
}

/** Codes of one row, one batch item, one field, one part of a rule. */
export type FaultCode =
  | 'required'
  | 'noIdentifier'
  | 'unknownId'
  | 'mangledNumber'
  | 'identifierTaken'
  | 'identifierConflict'
  | 'blockedIdentifier'
  | 'lastIdentifier'
  | 'suppressed'
  | 'wrongType'
  | 'invalidCharacter'
  | 'invalidNumber'
  | 'invalidBoolean'
  | 'invalidDate'
  | 'invalidDatetime'
  | 'invalidTime'
  | 'invalidEmail'
  | 'invalidPhone'
  | 'phoneNeedsCountry'
  | 'invalidUrl'
  | 'invalidTag'
  | 'notAllowed'
  | 'tooLong'
  | 'tooMany'
  | 'outOfRange'
  | 'profileTooLarge'
  | 'archived'
  | 'tooManyCells'
  | 'malformedQuotes'
  | 'unterminatedQuote'
  | 'recordTooLong'
  | 'notApplied'
  | 'notCorrected'
  | 'unknownKey'
  | 'unknownField'
  | 'unknownReference'
  | 'refMismatch'
  | 'reservedName'
  | 'forbiddenName'
  | 'invalidCursor'
  | 'notAllowedRecipient'
  | 'unknownOperator'
  | 'wrongOperator'
  | 'emptyGroup'
  | 'tooDeep'
  | 'segmentCycle';

/** Codes that stand for a whole answer and never for one field. */
export type ProblemCode =
  | 'malformedJson'
  | 'invalid'
  | 'invalidToken'
  | 'unauthenticated'
  | 'missingScope'
  | 'gateClosed'
  | 'notFound'
  | 'exists'
  | 'inUse'
  | 'immutable'
  | 'notManual'
  | 'limitReached'
  | 'valueConflict'
  | 'inProgress'
  | 'notFinished'
  | 'alreadyFinished'
  | 'countMismatch'
  | 'tokenUsed'
  | 'tokenExpired'
  | 'notConfigured'
  | 'lastOwner'
  | 'gone'
  | 'stale'
  | 'tooLarge'
  | 'unsupportedMediaType'
  | 'idempotencyMismatch'
  | 'rateLimited'
  | 'internal'
  | 'unavailable';

/** The place of a fault: a JSON pointer into the body (RFC 6901), a query or path parameter, or a header. */
export type Place = { readonly pointer: string } | { readonly parameter: string } | { readonly header: string };

/** A place as one text, to compare the places of two faults. */
export function placeOf(place: Place): string {
  if ('pointer' in place) return place.pointer;
  return 'parameter' in place ? `?${place.parameter}` : place.header;
}

/** One entry of a problem's `errors`: place, code, sentence, and for a clash the id of the other user. */
export type PlacedFault = Place & {
  readonly code: FaultCode | 'malformedJson' | 'exists';
  readonly detail: string;
  readonly id?: string;
};

/**
 * The one error that becomes an answer. It is thrown where the fact is known and translated once, at the edge:
 * there the code decides the HTTP status.
 *
 * `errors` has one entry per fault; `headers` has the headers of the answer, such as `Retry-After`.
 */
export class Problem extends Error {
  readonly code: ProblemCode | FaultCode;
  readonly detail: string;
  readonly errors: readonly PlacedFault[];
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: ProblemCode | FaultCode,
    detail: string,
    more: { readonly errors?: readonly PlacedFault[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(code);
    this.code = code;
    this.detail = detail;
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }
}

/**
 * The problem for the faults of one request: its code is that of the only entry, or `invalid` when they differ.
 * A clash over an identifier is a 409; the edge reads that from the code.
 */
export function problemOf(errors: readonly PlacedFault[]): Problem {
  const codes = new Set(errors.map((error) => error.code));
  const [first] = errors;
  const code = codes.size === 1 && first ? first.code : 'invalid';
  const detail = errors.length === 1 && first ? first.detail : 'The request has several faults; see errors.';
  return new Problem(code, detail, { errors });
}

/** The fault of a name in a body or a query that refers to nothing that exists: `what` is `segment`, `user` … */
export function unknownReference(place: Place, what: string): PlacedFault {
  return { ...place, code: 'unknownReference', detail: `There is no such ${what}.` };
}
