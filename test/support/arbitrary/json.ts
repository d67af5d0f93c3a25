import fc from 'fast-check';

// biome-ignore lint/suspicious/noExplicitAny: a JSON Schema is a tree that is walked as readers of it do.
export type JsonSchema = any;

/** The depth of nesting from which the first alternative is taken: a condition, not another group. */
const MOST_DEPTH = 3;

/** The values for schemas with a pattern; at least one of these must match it. */
const PATTERNED = ['users.csv', 'a b.csv.gz', '50', '1', '100', '2999-12-31T00:00:00Z', '2999-12-31T00:00:00+02:00'];

/** The values where a schema allows any: texts, names, and values for members of some names. */
export type Words = {
  readonly texts: fc.Arbitrary<string>;
  readonly names: fc.Arbitrary<string>;
  readonly members: Readonly<Record<string, fc.Arbitrary<unknown>>>;
};

/** Arbitrary values of JSON Schemas that refer to each other by name, as in an OpenAPI document. */
export function arbitrariesOf(schemas: Readonly<Record<string, JsonSchema>>, words: Words) {
  const { ...named } = fc.letrec<Record<string, unknown>>((tie) =>
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, arbitraryOf(schema, words, tie)])),
  );
  return (name: string): fc.Arbitrary<unknown> => named[name] ?? fc.constant(null);
}

type Tie = (name: string) => fc.Arbitrary<unknown>;

/** An arbitrary value of one schema; `tie` gives those of the schemas that it refers to. */
function arbitraryOf(schema: JsonSchema, words: Words, tie: Tie): fc.Arbitrary<unknown> {
  const of = (one: JsonSchema) => arbitraryOf(one, words, tie);
  if (schema.$ref) return tie(schema.$ref.replace('#/components/schemas/', ''));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? (Array.isArray(schema.type) && schema.type.map((type: string) => ({ type })));
  if (choices) return fc.oneof({ maxDepth: MOST_DEPTH, depthIdentifier: 'schema' }, ...choices.map(of));
  return ofType(schema, words, tie);
}

function ofType(schema: JsonSchema, words: Words, tie: Tie): fc.Arbitrary<unknown> {
  const { type, pattern, minItems: minLength, items } = schema;
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -10, max: schema.maximum ?? 1000 });
    case 'number':
      return fc.oneof(fc.integer({ min: -10, max: 1000 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
    case 'string':
      return pattern ? fc.constantFrom(...PATTERNED.filter((text) => new RegExp(pattern).test(text))) : words.texts;
    case 'array':
      return fc.array(arbitraryOf(items, words, tie), { minLength, maxLength: 4, depthIdentifier: 'schema' });
    case 'object':
      return ofObject(schema, words, tie);
    default:
      return fc.oneof(words.texts, fc.integer(), fc.boolean(), fc.array(fc.oneof(words.texts, fc.integer())));
  }
}

function ofObject(schema: JsonSchema, words: Words, tie: Tie): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (typeof additionalProperties === 'object') {
    return fc.dictionary(words.names, arbitraryOf(additionalProperties, words, tie), { maxKeys: 4 });
  }
  const members = Object.entries(properties).map(([name, member]) => [name, memberOf(name, member, words, tie)]);
  return fc.record<Record<string, unknown>>(Object.fromEntries(members), { requiredKeys: required });
}

/** The value of a member by its name: mostly a meaningful one, sometimes any that its schema allows. */
export function memberOf(name: string, schema: JsonSchema, words: Words, tie: Tie): fc.Arbitrary<unknown> {
  const anything = arbitraryOf(schema, words, tie);
  const meant = schema.enum ? undefined : words.members[name];
  return meant ? fc.oneof({ weight: 7, arbitrary: meant }, { weight: 1, arbitrary: anything }) : anything;
}
