import type { Json } from './json-schemas.ts';
import { isRepeatable, type Operation } from './operation.ts';

const header = (description: string, schema: Json, example: string): Json => ({
  description,
  schema: { type: 'string', ...schema },
  example,
});
const always = (one: Json): Json => ({ ...one, required: true });

const RETRY_AFTER: Json = {
  description: 'The seconds to wait before the same call is sent again.',
  schema: { type: 'integer', minimum: 1 },
  example: 1,
};

/** The headers of answers by the name under which answers refer to them. */
export const HEADERS = {
  'X-Request-Id': always(header('The id of this request. A problem repeats it as `instance`.', {}, 'JXk3yiTuoAMEPnA=')),
  'X-Content-Type-Options': always(
    header('A browser takes the media type as it is said.', { enum: ['nosniff'] }, 'nosniff'),
  ),
  ETag: always(
    header(
      'The version of the thing, in quotes. Send it back as `If-Match` or `If-None-Match`.',
      { pattern: '^"[0-9]+"$' },
      '"3"',
    ),
  ),
  // An answer with the segments of a user has no ETag: they change without a new version.
  ETagUnlessIncluded: header(
    'The version of the thing, in quotes. It is absent with `include`, since the segments of a user change without a new version.',
    { pattern: '^"[0-9]+"$' },
    '"3"',
  ),
  Location: always(header('The path of the thing.', {}, '/v1/users/01JZ8Q4T7WB5E2M9XKCH3R6VNA')),
  RedirectLocation: always(
    header('The URL of the file. It works for 60 seconds.', { format: 'uri' }, 'https://bucket.s3.example.com/…'),
  ),
  RetryAfter: always(RETRY_AFTER),
  RetryAfterInProgress: {
    ...RETRY_AFTER,
    description: `${RETRY_AFTER.description} With \`inProgress\` only.`,
  },
  IdempotencyReplayed: header(
    'It is `true` when an earlier call with the same `Idempotency-Key` has done this. It is absent otherwise.',
    { enum: ['true'] },
    'true',
  ),
  WwwAuthenticate: always(header('The scheme of authentication.', { enum: ['Bearer'] }, 'Bearer')),
  ContentDisposition: always(
    header('The name under which a browser saves the file.', {}, 'attachment; filename="roster-template.csv"'),
  ),
  NoStore: always(header('No cache may store this answer.', { enum: ['no-store'] }, 'no-store')),
  NoReferrer: always(
    header('The address of the link is sent to no other site.', { enum: ['no-referrer'] }, 'no-referrer'),
  ),
} satisfies Record<string, Json>;

type Name = keyof typeof HEADERS;

const to = (name: Name): Json => ({ $ref: `#/components/headers/${name}` });

/** The headers of every answer. */
const EVERY: Json = { 'X-Request-Id': to('X-Request-Id'), 'X-Content-Type-Options': to('X-Content-Type-Options') };

type Names = Readonly<Record<string, Name>>;

const PRIVATE: Names = { 'Cache-Control': 'NoStore', 'Referrer-Policy': 'NoReferrer' };

/** Headers of single routes, by status. */
const OF_ROUTES: Readonly<Record<string, Readonly<Record<number, Names>>>> = {
  'GET /v1/imports/template': { 200: { 'Content-Disposition': 'ContentDisposition' } },
  'GET /d/{token}': { 200: PRIVATE, 302: { ...PRIVATE, Location: 'RedirectLocation' }, 404: PRIVATE, 410: PRIVATE },
};

/** The headers that an answer of this route has beside those of its kind. */
export function ownHeadersOf({ route }: Operation, status: number): Json {
  return Object.fromEntries(Object.entries(OF_ROUTES[route]?.[status] ?? {}).map(([name, one]) => [name, to(one)]));
}

/** The headers of a successful answer. */
export function headersOfAnswer(operation: Operation, status: number): Json {
  const { hasVersion, hasLocation, inQuery } = operation;
  const includes = inQuery.some(({ name }) => name === 'include');
  const isMade = status === 201 || status === 202;
  return {
    ...EVERY,
    ...(hasVersion && { ETag: to(includes && status === 200 ? 'ETagUnlessIncluded' : 'ETag') }),
    ...(isMade && hasLocation && { Location: to('Location') }),
    ...(isRepeatable(operation) && { 'Idempotency-Replayed': to('IdempotencyReplayed') }),
    ...ownHeadersOf(operation, status),
  };
}

/** The headers of a problem with these codes. */
export function headersOfProblem(status: number, codes: readonly string[]): Json {
  return {
    ...EVERY,
    ...(status === 401 && { 'WWW-Authenticate': to('WwwAuthenticate') }),
    ...((status === 429 || status === 503) && { 'Retry-After': to('RetryAfter') }),
    ...(codes.includes('inProgress') && { 'Retry-After': to('RetryAfterInProgress') }),
  };
}
