import { type Examples, slugOf } from './example.ts';
import type { Json } from './json-schemas.ts';
import { isRepeatable, type Operation, type Parameter } from './operation.ts';

type Note = { readonly description: string; readonly schema?: Json };

const REF = [
  'A user: an id, or `<identifier>:<value>` such as `userId:crm-42`, `email:ada@example.com`, `phone:+14155550100`.',
  'The value is brought to its normal form first. It is percent-encoded, and `+` is a plus.',
  'A value with `/ ? # % \\` does not survive a gateway: write the whole reference as `~` and its base64url.',
  'A reference that names no user is a 404, whether it is unknown, malformed or of an unknown identifier.',
].join(' ');

/** The descriptions of parameters that many routes have. */
const NOTES: Readonly<Record<string, Note>> = {
  ref: { description: REF },
  id: { description: 'The id of the thing, as it was answered when it was made.' },
  key: { description: 'The key of the property.' },
  token: { description: 'The secret part of a link.' },
  limit: {
    description: 'The most items on the page. A page may hold fewer, even none: only `nextCursor: null` ends a list.',
  },
  cursor: {
    description:
      'The `nextCursor` of the page before. It belongs to the same path and the same query, of which only `limit` may differ.',
  },
  fields: {
    description:
      'The fields of each user, with commas between: properties, and `tags companies status source signedUpAt createdAt updatedAt lastSeenAt`. `id` is always there. An unknown field is a 400.',
  },
  order: { description: 'By the time of sign-up.' },
  from: {
    description: 'From this day or instant on, inclusive. A day is the whole day in the time zone of the deployment.',
    schema: { anyOf: [{ format: 'date' }, { format: 'date-time' }] },
  },
  to: {
    description: 'Up to this day or instant, inclusive. A day is the whole day in the time zone of the deployment.',
    schema: { anyOf: [{ format: 'date' }, { format: 'date-time' }] },
  },
};

/** The descriptions of parameters of single routes. */
const NOTES_OF_ROUTES: Readonly<Record<string, Readonly<Record<string, Note>>>> = {
  'GET /v1/users': { segment: { description: 'Only users of this segment. An unknown one is a 400.' } },
  'GET /v1/users/{ref}': { include: { description: 'Adds what the user is in.' } },
  'GET /v1/properties': { scope: { description: 'Whose properties.' } },
  'GET /v1/properties/{key}': { scope: { description: 'Whose property.' } },
  'GET /v1/segments': {
    kind: { description: 'Only segments of this kind.' },
    archived: { description: 'Only archived segments, or only those that are not.' },
  },
  'GET /v1/segments/{id}/users': {
    fields: {
      description:
        'The fields of each user, with commas between. Without it they are the `columns` of the segment, or all fields where it has none.',
    },
  },
  'GET /v1/imports/template': { example: { description: 'With a row of example values, which an import takes.' } },
  'GET /v1/logs': {
    type: { description: 'Only jobs of this type.' },
    status: { description: 'Only jobs in this status.' },
  },
};

const KEY_PATTERN = '^("[!-~]{1,255}"|[!-~]{1,255})$';

const HEADERS: Readonly<Record<string, Note>> = {
  'Idempotency-Key': {
    description:
      'Repeat the call with the same key and it has one effect, for 24 hours. The answer is then the thing as it now is. Another body with the same key is a 422. Only successes are kept.',
    schema: { pattern: KEY_PATTERN },
  },
  'If-None-Match': {
    description: 'Versions that you have, as `ETag` gave them. If one is current, the answer is a 304.',
  },
  'If-Match': {
    description:
      'Change the thing only while its version is one of these: `"3"`, `W/"3"`, a list, or `*`. Else 412 `stale`.',
  },
};

function headersOf(operation: Operation): string[] {
  const { method, hasVersion, honoursIfMatch } = operation;
  if (isRepeatable(operation)) return ['Idempotency-Key'];
  if (method === 'get' && hasVersion) return ['If-None-Match'];
  return honoursIfMatch ? ['If-Match'] : [];
}

type Place = 'path' | 'query' | 'headers';

/** The values that examples give for a parameter, under the names of the examples. */
function examplesOf(examples: Examples, place: Place, name: string): [string, { summary: string; value: unknown }][] {
  return examples.flatMap((example) => {
    const value = example[place]?.[name];
    return value === undefined ? [] : [[slugOf(example), { summary: example.title, value }]];
  });
}

/** A schema and the examples of a parameter. The schema has one as well, since viewers show it in an empty field. */
function shown(schema: Json, examples: ReturnType<typeof examplesOf>): Json {
  const [[, first] = []] = examples;
  if (!first) return { schema };
  return { schema: { ...schema, examples: [first.value] }, examples: Object.fromEntries(examples) };
}

/** All parameters of an operation, as OpenAPI writes them. */
export function parametersOf(operation: Operation, examples: Examples): Json[] {
  const notes = { ...NOTES, ...NOTES_OF_ROUTES[operation.route] };
  const written = (place: 'path' | 'query') => (parameter: Parameter) => {
    const { name, required, schema } = parameter;
    const note = notes[name];
    return {
      name,
      in: place,
      required: place === 'path' || required,
      ...(note && { description: note.description }),
      ...(schema.type === 'array' && { style: 'form', explode: false }),
      ...shown({ ...schema, ...note?.schema }, examplesOf(examples, place, name)),
    };
  };
  const headers = headersOf(operation).map((name) => ({
    name,
    in: 'header',
    required: false,
    description: HEADERS[name]?.description,
    ...shown({ type: 'string', ...HEADERS[name]?.schema }, examplesOf(examples, 'headers', name)),
  }));
  return [...operation.inPath.map(written('path')), ...operation.inQuery.map(written('query')), ...headers];
}
