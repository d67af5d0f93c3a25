import fc from 'fast-check';

/** Marks a string that is JSON text itself, such as a number that no JavaScript number is. */
const RAW = '\u{10ffff}raw ';
const raw = (text: string) => RAW + text;

const nested = (open: string, depth: number, close: string) => raw(`${open.repeat(depth)}1${close.repeat(depth)}`);
const nestedGroup = (depth: number) =>
  raw(`${'{"all":['.repeat(depth)}{"field":"city","op":"exists"}${']}'.repeat(depth)}`);

/** Values that a client may send by mistake or on purpose. */
const ODD: readonly unknown[] = [
  ...[null, true, 5, '', '   ', [], {}, [null], [[]], { a: 1 }, 'x'.repeat(300), 'x'.repeat(3_000)],
  ...[
    '-0',
    '1e400',
    '-1e400',
    '1e-400',
    '9'.repeat(40),
    '0.1000000000000000055511151231257827',
    '9007199254740993',
  ].map((text) => raw(text)),
  ...['\ud800', '\udc00x', '\0', 'a\0b', '\u0007', '\ufeff', '\u200b', '\u202e', '=1+1', '💥', 'é'.normalize('NFD')],
  ...['__proto__', 'constructor', 'toString', '../..', '%00', '/', '~', '\\', '{{x}}', '$where', 'NaN', '-1'],
  Array.from({ length: 501 }, (_, n) => `userId:many-${n}`),
  Array.from({ length: 501 }, () => ({})),
  Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`key${n}`, n])),
  ...[nested('[', 70, ']'), nested('[', 5_000, ']'), nested('{"a":', 70, '}'), nestedGroup(9), nestedGroup(70)],
];

/** Names that a client may send in unexpected places. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  ' ',
  'a/b~c',
  'extra',
  '$ref',
  '\0',
  '\ud800',
  '0',
];

type Place = { readonly holder: object; readonly name: string };

function placesOf(holder: unknown): Place[] {
  if (typeof holder !== 'object' || holder === null) return [];
  return Object.entries(holder).flatMap(([name, value]) => [{ holder, name }, ...placesOf(value)]);
}

const put = ({ holder, name }: Place, value: unknown) =>
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });

/** One mutation of a tree, at the place with the number `at`. */
type Mutation = {
  readonly kind: 'set' | 'drop' | 'wrap' | 'add';
  readonly at: number;
  readonly name: string;
  readonly value: unknown;
};

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('set', 'set', 'set', 'add', 'add', 'drop', 'wrap'),
  at: fc.nat(1_000),
  name: fc.constantFrom(...NAMES),
  value: fc.constantFrom(...ODD).map((value) => structuredClone(value)),
});

function mutate(root: { readonly body: unknown }, { kind, at, name, value }: Mutation): void {
  const places = placesOf(root);
  const place = places[at % places.length];
  if (!place) return;
  const here = Reflect.get(place.holder, place.name);
  const isHolder = typeof here === 'object' && here !== null;
  if (kind === 'set') put(place, value);
  else if (kind === 'wrap') put(place, [here]);
  else if (kind === 'drop') Reflect.deleteProperty(place.holder, place.name);
  else put({ holder: isHolder ? here : place.holder, name }, value);
}

/** The JSON text of a tree. */
function textOf(tree: unknown): string {
  if (typeof tree === 'string' && tree.startsWith(RAW)) return tree.slice(RAW.length);
  if (Array.isArray(tree)) return `[${Array.from(tree, (one) => textOf(one)).join()}]`;
  if (typeof tree !== 'object' || tree === null) return JSON.stringify(tree) ?? 'null';
  return `{${Object.entries(tree)
    .map(([name, one]) => `${JSON.stringify(name)}:${textOf(one)}`)
    .join()}}`;
}

/** The text of arbitrary JSON after one to three mutations. */
export function mutated(json: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc.tuple(json, fc.array(mutation, { minLength: 1, maxLength: 3 })).map(([body, changes]) => {
    const root = { body: structuredClone(body) };
    for (const change of changes) mutate(root, change);
    return textOf(root.body);
  });
}
