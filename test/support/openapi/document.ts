import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { openapi } from '../../../infra/openapi.ts';
import type { Got } from '../deployment/deployment.ts';

// biome-ignore lint/suspicious/noExplicitAny: the document is a tree that is walked here as readers of it do.
export type Json = any;

/** One operation of the document, with its references to answers and headers resolved. */
export type Described = {
  /** As `routes.ts` writes it: `GET /v1/users/{ref}`. */
  readonly route: string;
  readonly operation: Json;
  /** The answers by status, each with its `headers` and `content`. */
  readonly answers: Readonly<Record<string, Json>>;
};

/** The document as a client reads it, and its operations. */
export type Reference = { readonly document: Json; readonly operations: readonly Described[] };

const escaped = (step: string) => step.replaceAll('~', '~0').replaceAll('/', '~1');

/** Reads the document that is made from the contracts. */
export async function readReference(): Promise<Reference> {
  const document: Json = JSON.parse(JSON.stringify(await openapi()));
  const resolved = (node: Json): Json =>
    typeof node?.$ref === 'string'
      ? node.$ref
          .split('/')
          .slice(1)
          .reduce((tree: Json, step: string) => tree[step], document)
      : node;
  const answerOf = (answer: Json) => {
    const { headers = {}, ...rest } = resolved(answer);
    const whole = Object.entries<Json>(headers).map(([name, header]) => [name, resolved(header)]);
    return { ...rest, headers: Object.fromEntries(whole) };
  };
  const operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
      answers: Object.fromEntries(
        Object.entries<Json>(operation.responses).map(([status, answer]) => [status, answerOf(answer)]),
      ),
    })),
  );
  return { document, operations };
}

/** Headers whose absence or presence is a promise of the API. */
const PROMISED = [
  'etag',
  'idempotency-replayed',
  'location',
  'referrer-policy',
  'retry-after',
  'www-authenticate',
  'x-content-type-options',
  'x-request-id',
];

/** Compares requests and answers with the document. Each comparison gives a list of faults, which is empty without any. */
export function checkerOf({ document }: Reference) {
  const ajv = new Ajv2020({ strict: false, validateSchema: false });
  formats.default(ajv);
  ajv.addSchema(document, 'roster');

  /** The faults of a value by the schema at this place of the document. */
  const faultsAt = (place: string, value: unknown): string[] => {
    const reader = ajv.getSchema(`roster${place}`);
    if (!reader) throw new Error(`the document has no ${place}`);
    return reader(value) ? [] : [`${place}: ${ajv.errorsText(reader.errors)}`];
  };

  const faultsOfHeader = (name: string, { required, schema }: Json, value: unknown): string[] => {
    if (value === undefined) return required ? [`${name} is missing`] : [];
    const read = schema.type === 'integer' ? Number(value) : value;
    return ajv.validate(schema, read) ? [] : [`${name}: ${ajv.errorsText()}`];
  };

  const faultsOfHeaders = (documented: Json, headers: Got['headers']): string[] => {
    const named = Object.entries<Json>(documented).map(([name, header]) => [name.toLowerCase(), header] as const);
    const names = new Set(named.map(([name]) => name));
    const surplus = PROMISED.filter((name) => headers[name] !== undefined && !names.has(name));
    return [
      ...named.flatMap(([name, header]) => faultsOfHeader(name, header, headers[name])),
      ...surplus.map((name) => `${name} is not documented`),
    ];
  };

  const placeOf = (route: string, step: string) => {
    const [method = '', path = ''] = route.split(' ');
    return `#/paths/${escaped(path)}/${method.toLowerCase()}/${step}`;
  };

  return {
    faultsAt,

    /** The faults of a body that is sent. */
    ofBody: (route: string, body: unknown) =>
      faultsAt(placeOf(route, 'requestBody/content/application~1json/schema'), body),

    /** The faults of an answer: its status, its headers, its media type and its body. */
    ofAnswer: ({ route, operation, answers }: Described, { status, headers, body, text }: Got): string[] => {
      const answer = answers[status];
      if (!answer) return [`${status} is not documented`];
      const faults = faultsOfHeaders(answer.headers, headers);
      const [type = ''] = String(headers['content-type'] ?? '').split(';');
      if (text === '') return faults;
      if (!answer.content?.[type]) return [...faults, `${status} ${type} is not documented`];
      const place = operation.responses[status].$ref ?? placeOf(route, `responses/${status}`);
      const value = type.endsWith('json') ? body : text;
      return [...faults, ...faultsAt(`${place}/content/${escaped(type)}/schema`, value)];
    },
  };
}
