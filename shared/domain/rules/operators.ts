import type { FieldKind } from './kinds.ts';
import { indexKeyOfSet, indexKeysAt, type Node } from './node.ts';
import { narrow, type OperandName, type Operands } from './operand.ts';
import { NEGATIVE_OF, type OperatorName } from './operator-words.ts';
import type { Size } from './rule.ts';
import { elementsOf } from './subject.ts';
import { listWithAll, listWithAny, textIn, textWith, valueIn } from './texts.ts';
import { dayThat, instantThat, timeThat, type Zone } from './times.ts';

/** The slot of a condition's field, `exact` as the rule has it, and the time zone whose days count. */
type At = { readonly slot: number; readonly exact: boolean; readonly zone: Zone };

/**
 * One operator of one kind of field.
 *
 * - `operand`: what it takes. `takes`: the further key that a condition with it may carry.
 * - `negative`: it holds where its positive does not, unset fields included.
 * - `compile`: the node of the **positive**, for an operand in normal form; null when the operand is none for it.
 */
export type Operator = {
  readonly operand: OperandName;
  readonly takes: 'exact' | 'timeZone' | null;
  readonly negative: boolean;
  readonly compile: (value: unknown, at: At) => Node | null;
};
export type Operators = ReadonlyMap<string, Operator>;

function operator<K extends OperandName>(
  operand: K,
  build: (value: Operands[K], at: At) => Node,
  takes: Operator['takes'] = null,
): Operator {
  const compile = (value: unknown, at: At): Node | null => {
    const taken = narrow[operand](value);
    return taken === undefined ? null : build(taken, at);
  };
  return { operand, takes, negative: false, compile };
}

/** Operators that hold, or do not, as their name says; their negations follow from these. */
type Positives = Readonly<Partial<Record<OperatorName, Operator>>>;

function positives(table: Positives): Operators {
  return new Map(Object.entries(table));
}

function withNegatives(table: Positives): Operators {
  const pairs = Object.entries(table).flatMap(([name, positive]): [string, Operator][] => {
    const negative = NEGATIVE_OF.get(name);
    return negative
      ? [
          [name, positive],
          [negative, { ...positive, negative: true }],
        ]
      : [[name, positive]];
  });
  return new Map(pairs);
}

const exists = operator('none', (_, { slot }) => ({
  test: (subject) => subject.values[slot] !== null,
  indexKeys: indexKeyOfSet(slot),
}));
const ANY = withNegatives({ exists });

const PARTS = {
  contains: operator('part', (part, at) => textWith((text, piece) => text.includes(piece), part, at), 'exact'),
  startsWith: operator('part', (part, at) => textWith((text, piece) => text.startsWith(piece), part, at), 'exact'),
  endsWith: operator('part', (part, at) => textWith((text, piece) => text.endsWith(piece), part, at), 'exact'),
} satisfies Positives;
const TEXT = withNegatives({
  is: operator('text', (text, at) => textIn([text], at), 'exact'),
  in: operator('texts', (texts, at) => textIn(texts, at), 'exact'),
  ...PARTS,
});
const IDENTIFIER = withNegatives({
  is: operator('text', (text, { slot }) => valueIn([text], slot), 'exact'),
  in: operator('texts', (texts, { slot }) => valueIn(texts, slot), 'exact'),
  ...PARTS,
});
const ADDRESS = withNegatives({
  is: operator('address', (text, at) => textIn([text], at), 'exact'),
  in: operator('addresses', (texts, at) => textIn(texts, at), 'exact'),
  ...PARTS,
});
const WORD = withNegatives({
  is: operator('word', (word, { slot }) => valueIn([word], slot)),
  in: operator('words', (words, { slot }) => valueIn(words, slot)),
});

const NUMBER = withNegatives({
  is: operator('number', (number, { slot }) => valueIn([number], slot)),
  in: operator('numbers', (numbers, { slot }) => valueIn(numbers, slot)),
  lessThan: operator('number', (limit, at) => numberThat((number) => number < limit, at)),
  atMost: operator('number', (limit, at) => numberThat((number) => number <= limit, at)),
  greaterThan: operator('number', (limit, at) => numberThat((number) => number > limit, at)),
  atLeast: operator('number', (limit, at) => numberThat((number) => number >= limit, at)),
  between: operator('numberRange', ([from, to], at) => numberThat((number) => from <= number && number <= to, at)),
});
const BOOLEAN = withNegatives({
  isTrue: operator('none', (_, { slot }) => truthIs(true, slot)),
  isFalse: operator('none', (_, { slot }) => truthIs(false, slot)),
});

const DATE = positives({
  on: operator('day', (day, { slot }) => valueIn([day], slot), 'timeZone'),
  before: operator('day', (limit, { slot }) => dayThat((day) => day < limit, slot), 'timeZone'),
  after: operator('day', (limit, { slot }) => dayThat((day) => day > limit, slot), 'timeZone'),
  between: operator('dayRange', ([from, to], { slot }) => dayThat((day) => from <= day && day <= to, slot), 'timeZone'),
});
const DATETIME = positives({
  on: operator('day', (day, at) => instantThat(isWithin, [day, day], at.slot, at.zone), 'timeZone'),
  before: operator(
    'moment',
    (moment, at) => instantThat((instant, { from }) => instant < from, [moment, moment], at.slot, at.zone),
    'timeZone',
  ),
  after: operator(
    'moment',
    (moment, at) => instantThat((instant, { to }) => instant >= to, [moment, moment], at.slot, at.zone),
    'timeZone',
  ),
  between: operator('momentRange', (range, at) => instantThat(isWithin, range, at.slot, at.zone), 'timeZone'),
});
const TIME = positives({
  is: operator('time', (time, { slot }) => valueIn([time], slot)),
  before: operator('time', (limit, { slot }) => timeThat((time) => time < limit, slot)),
  after: operator('time', (limit, { slot }) => timeThat((time) => time > limit, slot)),
  between: operator('timeRange', ([from, to], { slot }) =>
    from <= to
      ? timeThat((time) => from <= time && time <= to, slot)
      : timeThat((time) => time >= from || time <= to, slot),
  ),
});

const isEmpty: Operator = { ...exists, negative: true };
const size = operator('size', sizeWithin);
const LIST: Operators = new Map([
  ...withNegatives({
    hasAny: operator('texts', (texts, { slot }) => listWithAny(texts, { slot, exact: false })),
    hasAll: operator('texts', (texts, { slot }) => listWithAll(texts, { slot, exact: false })),
  }),
  ...positives({ isEmpty, size }),
]);
const COMPANIES: Operators = new Map([
  ...withNegatives({
    hasAny: operator('texts', (ids, { slot }) => listWithAny(ids, { slot, exact: true })),
    hasAll: operator('texts', (ids, { slot }) => listWithAll(ids, { slot, exact: true })),
  }),
  ...positives({ isEmpty, size }),
]);

/** The operators of each kind of field, all of them. */
export const OPERATORS: Readonly<Record<FieldKind, Operators>> = {
  text: new Map([...ANY, ...TEXT]),
  identifier: new Map([...ANY, ...IDENTIFIER]),
  address: new Map([...ANY, ...ADDRESS]),
  number: new Map([...ANY, ...NUMBER]),
  boolean: new Map([...ANY, ...BOOLEAN]),
  date: new Map([...ANY, ...DATE]),
  datetime: new Map([...ANY, ...DATETIME]),
  time: new Map([...ANY, ...TIME]),
  list: new Map([...ANY, ...LIST]),
  companies: new Map([...ANY, ...COMPANIES]),
  status: new Map([...ANY, ...WORD]),
  source: new Map([...ANY, ...WORD]),
};

/** Every operator by name, whatever it is for. */
export const ALL_OPERATORS: ReadonlySet<string> = new Set(
  Object.values(OPERATORS).flatMap((operators) => [...operators.keys()]),
);

function numberThat(holds: (number: number) => boolean, { slot }: At): Node {
  const test: Node['test'] = (subject) => {
    const value = subject.values[slot];
    return typeof value === 'number' && holds(value);
  };
  return { test, indexKeys: indexKeyOfSet(slot) };
}

function truthIs(wanted: boolean, slot: number): Node {
  return { test: (subject) => subject.values[slot] === wanted, indexKeys: indexKeysAt(slot, 'exact', [wanted], 0.5) };
}

function isWithin(instant: string, stretch: { readonly from: string; readonly to: string }): boolean {
  return stretch.from <= instant && instant < stretch.to;
}

function sizeWithin({ atLeast = 0, atMost = Number.POSITIVE_INFINITY }: Size, { slot }: At): Node {
  const test: Node['test'] = (subject) => {
    const count = elementsOf(subject, slot)?.length ?? 0;
    return atLeast <= count && count <= atMost;
  };
  return { test, indexKeys: atLeast > 0 ? indexKeyOfSet(slot) : null };
}
