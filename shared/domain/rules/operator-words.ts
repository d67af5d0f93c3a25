/**
 * The words of one operator: the phrase that stands for it in `describe`, the name of its negation when it has one, and
 * whether the list that it takes is a set, of which order and repeats say nothing.
 */
type OperatorWords = { readonly phrase: string; readonly negative?: string; readonly isSet?: true };

/** All operators by name. The tables in operators.ts can hold no other. A phrase of two parts takes two values. */
const WORDS = {
  exists: { phrase: 'is set', negative: 'missing' },
  missing: { phrase: 'is not set' },
  is: { phrase: 'is', negative: 'isNot' },
  isNot: { phrase: 'is not' },
  in: { phrase: 'is one of', negative: 'notIn', isSet: true },
  notIn: { phrase: 'is none of' },
  contains: { phrase: 'contains', negative: 'notContains' },
  notContains: { phrase: 'does not contain' },
  startsWith: { phrase: 'starts with' },
  endsWith: { phrase: 'ends with' },
  lessThan: { phrase: 'is less than' },
  atMost: { phrase: 'is at most' },
  greaterThan: { phrase: 'is greater than' },
  atLeast: { phrase: 'is at least' },
  between: { phrase: 'is between' },
  isTrue: { phrase: 'is true', negative: 'isNotTrue' },
  isNotTrue: { phrase: 'is not true' },
  isFalse: { phrase: 'is false', negative: 'isNotFalse' },
  isNotFalse: { phrase: 'is not false' },
  on: { phrase: 'is on' },
  before: { phrase: 'is before' },
  after: { phrase: 'is after' },
  hasAny: { phrase: 'has any of', negative: 'hasNone', isSet: true },
  hasNone: { phrase: 'has none of' },
  hasAll: { phrase: 'has all of', negative: 'lacksAny', isSet: true },
  lacksAny: { phrase: 'lacks at least one of' },
  isEmpty: { phrase: 'is not set' },
  size: { phrase: 'has' },
} as const satisfies Readonly<Record<string, OperatorWords>>;
export type OperatorName = keyof typeof WORDS;

const ENTRIES: readonly (readonly [string, OperatorWords])[] = Object.entries(WORDS);

/** The phrase of each operator. */
export const PHRASES: ReadonlyMap<string, string> = new Map(ENTRIES.map(([name, { phrase }]) => [name, phrase]));

/** Each positive operator that has a negation by name; a rule and its negation are one test, asked both ways. */
export const NEGATIVE_OF: ReadonlyMap<string, string> = new Map(
  ENTRIES.flatMap(([name, { negative }]) => (negative === undefined ? [] : [[name, negative]])),
);

/** Operators whose lists are sets. */
export const OF_SETS: ReadonlySet<string> = new Set(ENTRIES.flatMap(([name, { isSet }]) => (isSet ? [name] : [])));
