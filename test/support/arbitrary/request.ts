import fc from 'fast-check';
import { reachable } from '../../../infra/openapi/json-schemas.ts';
import { profiles, rules, SCHEMA } from '../rules/arbitrary-rules.ts';
import { arbitrariesOf, type JsonSchema, memberOf, type Words } from './json.ts';
import { mutated } from './mutations.ts';

/** A word that occurs in values only: no problem and no log may repeat it. */
export const CANARY = 'zqcanaryzq';

/** A request, with `{user}` and the like for ids that are known only after the things were created. */
export type Request = {
  readonly params: Record<string, string>;
  readonly query: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Buffer;
};

const one = (...texts: readonly string[]) => fc.constantFrom(...texts);
const some = (texts: fc.Arbitrary<unknown>) => fc.array(texts, { minLength: 1, maxLength: 3 });

const fields = one(...SCHEMA.properties.keys(), 'id', 'tags', 'companies', 'status', 'signedUpAt', 'lastSeenAt');
const users = one(
  '{user}',
  'userId:known',
  'userId:Pro',
  'email:ada@example.com',
  'userId:nobody',
  `email:${CANARY}@x.org`,
);
const segments = one('{dynamic}', '{manual}', 'all');
const labels = one('pro', 'VIP', 'two words', 'é', CANARY);
const addresses = one('ops@example.com', 'Ops@Example.com', `${CANARY}@elsewhere.org`);
const values = one(
  '',
  ' ',
  'Paris',
  '2026-01-31',
  '09:30',
  '+14155550100',
  CANARY,
  `${CANARY}@example.com`,
  `${CANARY}\0`,
);
const random = fc.string({ unit: 'binary', maxLength: 12 });

const words: Words = {
  texts: fc.oneof(values, fields, users, segments, random, fc.constant('x'.repeat(300))),
  names: fc.oneof(fields, one('name', 'Some header')),
  members: {
    properties: profiles.map(({ properties }) => properties),
    rule: rules,
    where: rules,
    users: some(users),
    members: some(users),
    segment: segments,
    columns: fc.option(fc.uniqueArray(fields, { minLength: 1 })),
    fields: some(fields),
    tags: some(labels),
    companies: some(labels),
    addTags: some(labels),
    email: addresses,
    notify: some(addresses),
    name: labels,
    key: fc.oneof(one(CANARY), fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,8}$/)),
    signedUpAt: one('2026-01-31T09:30:00Z', '1970-01-01T00:00:00+00:00'),
    identifier: fc.constant(null),
    addToSegment: fc.constant(null),
    decimal: fc.constant(null),
    dryRun: fc.constant(false),
    mapping: fc.constantFrom({}, { 'Some header': 'email' }, { Seats: { key: 'seats', type: 'number' } }),
    defaultCountry: one('US', 'IN'),
  },
};

const inQuery: Words = {
  ...words,
  members: {
    segment: segments,
    fields: some(fields).map(String),
    from: one('2026-01-31'),
    to: one('2026-01-31T09:30:00Z'),
  },
};

/** The values of path parameters, by the noun of the path and the name of the parameter. */
const NAMED: Readonly<Record<string, fc.Arbitrary<string>>> = {
  ref: users,
  token: one('{token}', 'A'.repeat(43)),
  key: one('email', 'plan', 'seats', 'nope'),
  segments,
  imports: one('{import}'),
  exports: one('{export}', '{ended}'),
  logs: one('{import}', '{export}', '{ended}'),
  keys: one('{spare}'),
};

const base64 = (text: string) => `~${Buffer.from(text).toString('base64url')}`;
const ODD_PARAMS = [
  ...[base64('userId:known'), base64('userId:a/b?c#d%e\\f'), base64(base64('userId:known')), '~', '~!', '~A', '~gICA'],
  ...[
    ':',
    'email:',
    ':x',
    'phone:+1',
    'phone:abc',
    'city:Paris',
    'email:ADA@EXAMPLE.COM ',
    'userId:\0',
    '\ufffd',
    '..',
  ],
  ...['__proto__:x', '__proto__', 'constructor', 'VERSION', 'USERS#0', '%zz', '\0', ' ', `memberNo:${CANARY}`, CANARY],
  ...[
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '01arz3ndektsv4rrffq69g5fav',
    '{user}',
    '{dynamic}',
    '{import}',
    '{ended}',
    '{spare}',
  ],
  // Longer than a sort key, than a partition key, and than anything may be.
  ...['x'.repeat(1_100), 'x'.repeat(2_100), `userId:${'x'.repeat(5_000)}`, `~${'A'.repeat(5_000)}`],
];

const ODD_QUERIES = [
  ...[
    'nonsense=1',
    '__proto__=1',
    'limit=0',
    'limit=101',
    'limit=1e1',
    'limit=-1',
    'limit=',
    'limit=%00',
    'limit=1&limit=1',
  ],
  ...['cursor=', `cursor=${CANARY}`, 'cursor=eyJhIjoxfQ.x', 'fields=', 'fields=,', 'fields=id,id', `fields=${CANARY}`],
  ...['%zz=%zz', '&&=&', 'order=%ff', 'from=2026-13-01', 'to=9999-12-31', 'from=0000-01-01', 'from=%2B', 'segment='],
  ...[`segment=${'x'.repeat(2_100)}`, 'scope=__proto__', `type=${CANARY}`, 'kind=all&archived=true'],
];

const TYPES = [
  'text/plain',
  '',
  'application/json; charset=utf-16',
  'APPLICATION/JSON;x',
  'application/merge-patch+json',
];
const TAGS = ['""', '*', '"1"', 'W/"1", "2"', '"999"', ',', CANARY];
const KEYS = ['', '""', '"one"', 'one', 'x'.repeat(256), 'ümlaut', CANARY];
const GRANTS = ['', 'Bearer', 'Bearer ', 'Basic x', `Bearer ${CANARY}`, 'Bearer rk_dev_x_y', 'Bearer rk_dev_{spare}_0'];
const ODD_HEADERS: readonly Record<string, string>[] = [
  ...TYPES.map((type) => ({ 'content-type': type })),
  ...TAGS.flatMap((tag) => [{ 'if-match': tag }, { 'if-none-match': tag }]),
  ...KEYS.map((key) => ({ 'idempotency-key': key })),
  ...GRANTS.map((authorization) => ({ authorization })),
  ...['text/html', CANARY].map((accept) => ({ accept })),
];

const BROKEN = ['', '{', 'null', '[]', '"x"', '{}{}', '\ufeff{}', '{"name":1,"name":"b"}', 'x'.repeat(300_000)];

/** `arbitrary` as often as `odd`; only `arbitrary` when `isOdd` is false. */
const maybe = <T>(isOdd: boolean, arbitrary: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  isOdd ? fc.oneof(arbitrary, odd) : arbitrary;

/** The requests that a document allows; when `isOdd`, also with mutations. */
export function requestsBy(document: JsonSchema) {
  const sent = Object.values<JsonSchema>(document.paths)
    .flatMap((methods) => Object.values<JsonSchema>(methods))
    .map(({ requestBody = {} }) => requestBody);
  const bodies = arbitrariesOf(reachable({ sent }, document.components.schemas), words);

  const pathOf = ({ parameters, tags }: JsonSchema, isOdd: boolean) => {
    const names: string[] = parameters
      .filter(({ in: place }: JsonSchema) => place === 'path')
      .map(({ name }: JsonSchema) => name);
    const named = (name: string) => maybe(isOdd, NAMED[name] ?? NAMED[tags[0]] ?? one('x'), one(...ODD_PARAMS));
    return fc.record<Record<string, string>>(Object.fromEntries(names.map((name) => [name, named(name)])));
  };

  const queryOf = ({ parameters }: JsonSchema, isOdd: boolean): fc.Arbitrary<string> => {
    const members = parameters
      .filter(({ in: place, name }: JsonSchema) => place === 'query' && name !== 'cursor')
      .map(({ name, schema }: JsonSchema) => [name, memberOf(name, schema, inQuery, bodies).map(String)]);
    const declared = fc.record<Record<string, string>>(Object.fromEntries(members), { requiredKeys: [] });
    const odd = maybe<readonly string[]>(
      isOdd,
      fc.constant([]),
      fc.array(one(...ODD_QUERIES), { minLength: 1, maxLength: 2 }),
    );
    return fc
      .tuple(declared, odd)
      .map(([query, more]) => [String(new URLSearchParams(query)), ...more].filter(Boolean).join('&'));
  };

  const bodyOf = ({ requestBody }: JsonSchema, isOdd: boolean): fc.Arbitrary<string | Buffer> | undefined => {
    const schema = requestBody?.content['application/json'].schema;
    if (!schema) return undefined;
    const json = bodies(schema.$ref.split('/').at(-1));
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((given) => Buffer.from(given));
    const broken = fc.oneof(one(...BROKEN), bytes);
    const odd = fc.oneof({ weight: 9, arbitrary: mutated(json) }, { weight: 1, arbitrary: broken });
    return maybe<string | Buffer>(
      isOdd,
      json.map((value) => JSON.stringify(value)),
      odd,
    );
  };

  return (said: JsonSchema, isOdd: boolean): fc.Arbitrary<Request> => {
    const body = bodyOf(said, isOdd);
    return fc.record({
      params: pathOf(said, isOdd),
      query: queryOf(said, isOdd),
      headers: maybe<Record<string, string>>(isOdd, fc.constant({}), fc.constantFrom(...ODD_HEADERS)),
      ...(body && { body }),
    });
  };
}
