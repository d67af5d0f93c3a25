import { CODES, type Code } from './codes.ts';
import { headersOfProblem } from './headers.ts';
import { type Json, reference } from './json-schemas.ts';
import { isRepeatable, type Operation } from './operation.ts';
import { ROUTE_CODES } from './route-codes.ts';

type Codes = readonly Code[];

const text = (description: string): Json => ({ type: 'string', description });

const entry: Json = {
  type: 'object',
  description: 'One fault. It has exactly one of `pointer`, `parameter` and `header`.',
  required: ['code', 'detail'],
  properties: {
    pointer: text('The place in the body, as a JSON pointer (RFC 6901). `""` is the whole body.'),
    parameter: text('The parameter of the query or path.'),
    header: text('The header of the request.'),
    code: reference('Code'),
    detail: text('A sentence for people. It may change, and holds no value that was sent.'),
    id: text('The id of the other user, when an identifier belongs to one.'),
  },
  additionalProperties: false,
};

/** The schema of every problem. */
export const Problem: Json = {
  type: 'object',
  description: 'A problem by RFC 9457. Programs branch on `code`. `detail` is for people and may change.',
  required: ['type', 'code', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string', description: '`urn:roster:problem:` and the code.', pattern: '^urn:roster:problem:' },
    code: reference('Code'),
    title: text('The meaning of the code in a few words.'),
    status: { type: 'integer', description: 'The status of the answer.' },
    detail: text('A sentence for people.'),
    instance: {
      type: 'string',
      description: '`urn:roster:request:` and the id in the header `X-Request-Id`.',
      pattern: '^urn:roster:request:',
    },
    errors: {
      type: 'array',
      description: 'One entry for each fault, all at once, at most 100. A 400 always has it.',
      minItems: 1,
      items: entry,
    },
  },
  additionalProperties: false,
};

/** The schema of a code: all codes that any answer of the document may have. */
export function codeSchema(used: ReadonlySet<Code>): Json {
  const codes = Object.entries(CODES).filter(([code]) => new Set<string>(used).has(code));
  return {
    type: 'string',
    description: codes.map(([code, meaning]) => `- \`${code}\`: ${meaning}`).join('\n'),
    enum: codes.map(([code]) => code),
  };
}

/** Reasons for each status, in the order in which the API checks a request. */
const REASONS: Readonly<Record<number, string>> = {
  401: 'The key is missing, malformed, unknown, expired or revoked. The answer is the same for all of these.',
  403: 'The key lacks the scope.',
  429: 'The key asks too often. `Retry-After` says when it may ask again.',
  413: 'The body is too large.',
  415: 'The body is not declared as JSON.',
  400: 'The request is wrong. `errors` says what is wrong where, all at once.',
  404: 'There is no such thing, or not any more.',
  410: 'It was there, and has expired or was revoked.',
  412: 'It has changed since the version in `If-Match`.',
  409: 'It clashes with what is there.',
  422: 'The `Idempotency-Key` was used with another body.',
  500: 'The fault is ours. Nothing is wrong with the request.',
  503: 'Roster is busy. `Retry-After` says when to send the request again.',
};

/** Problems that are the same wherever they are answered, by the name under which operations refer to them. */
const SHARED: Readonly<Record<number, { readonly name: string; readonly codes: Codes }>> = {
  401: { name: 'Unauthenticated', codes: ['unauthenticated'] },
  403: { name: 'MissingScope', codes: ['missingScope'] },
  404: { name: 'NotFound', codes: ['notFound'] },
  410: { name: 'Gone', codes: ['gone'] },
  412: { name: 'Stale', codes: ['stale'] },
  413: { name: 'TooLarge', codes: ['tooLarge'] },
  415: { name: 'UnsupportedMediaType', codes: ['unsupportedMediaType'] },
  422: { name: 'IdempotencyMismatch', codes: ['idempotencyMismatch'] },
  429: { name: 'RateLimited', codes: ['rateLimited'] },
  500: { name: 'Internal', codes: ['internal'] },
  503: { name: 'Unavailable', codes: ['unavailable'] },
};

/** The parts of an answer beside the problem: headers of its own, pages by media type, examples. */
type Beside = { readonly headers?: Json; readonly pages?: Json; readonly examples?: Json };

/** The answer of a status with these codes, in full. */
export function problem(status: number, codes: Codes, { headers = {}, pages = {}, examples = {} }: Beside = {}): Json {
  const schema = { allOf: [reference('Problem'), { properties: { code: { enum: codes } } }] };
  return {
    description: `${REASONS[status]} Codes: ${codes.map((code) => `\`${code}\``).join(', ')}.`,
    headers: { ...headersOfProblem(status, codes), ...headers },
    content: { 'application/problem+json': { schema, ...examples }, ...pages },
  };
}

/** The shared problems, as components of the document. */
export const SHARED_PROBLEMS: Readonly<Record<string, Json>> = Object.fromEntries(
  Object.entries(SHARED).map(([status, { name, codes }]) => [name, problem(Number(status), codes)]),
);

/** The codes of a wrong request that its form alone makes possible. */
function formCodes(operation: Operation): Codes {
  const { inQuery, body, honoursIfMatch } = operation;
  const names = new Set(inQuery.map(({ name }) => name));
  const reasons: [boolean, Codes][] = [
    [true, ['invalid', 'unknownKey', 'forbiddenName']],
    [inQuery.length > 0, ['notAllowed', 'tooMany']],
    [names.has('limit'), ['wrongType', 'outOfRange']],
    [names.has('cursor'), ['invalidCursor']],
    [honoursIfMatch || isRepeatable(operation), ['notAllowed']],
    [body !== null, ['malformedJson', 'required', 'wrongType', 'outOfRange', 'tooDeep']],
  ];
  return reasons.flatMap(([applies, codes]) => (applies ? codes : []));
}

/** The codes of all problems that an operation may answer with, by status. */
export function codesOf(operation: Operation): ReadonlyMap<number, Codes> {
  const { route, path, scopes, body, isRecalled, usesTable, honoursIfMatch } = operation;
  const own = ROUTE_CODES[route];
  const isKeyed = scopes.length > 0;
  const repeatable = isRepeatable(operation);
  const reasons: [boolean, number, Codes][] = [
    [isKeyed, 401, ['unauthenticated']],
    [isKeyed, 403, ['missingScope']],
    [isKeyed, 429, ['rateLimited']],
    [true, 413, ['tooLarge']],
    [body !== null, 415, ['unsupportedMediaType']],
    [true, 400, [...formCodes(operation), ...(own[400] ?? [])]],
    [path.includes('{') || isRecalled, 404, ['notFound']],
    [true, 410, own[410] ?? []],
    [honoursIfMatch, 412, ['stale']],
    [true, 409, [...(own[409] ?? []), ...(repeatable ? (['inProgress'] as const) : [])]],
    [repeatable, 422, ['idempotencyMismatch']],
    [true, 500, ['internal']],
    [usesTable, 503, ['unavailable']],
  ];
  const applying = reasons.filter(([applies, , codes]) => applies && codes.length > 0);
  return new Map(applying.map(([, status, codes]) => [status, [...new Set(codes)].sort()]));
}

/** The same as a reference, where it is the same everywhere. */
export function problemAnswer(status: number, codes: Codes, beside: Required<Beside>): Json {
  const shared = SHARED[status];
  const isPlain = Object.values(beside).every((part) => Object.keys(part).length === 0);
  const isShared = shared && isPlain && JSON.stringify(shared.codes) === JSON.stringify(codes);
  return isShared ? { $ref: `#/components/responses/${shared.name}` } : problem(status, codes, beside);
}
