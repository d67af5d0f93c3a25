import { fold } from '../values/fold.ts';
import { indexKeyOfSet, indexKeysAt, type Node } from './node.ts';
import { elementsOf, foldedElements, foldedText, type Test } from './subject.ts';

type Place = { readonly slot: number; readonly exact: boolean };

/** A text that is one of `texts`, folded or exactly. */
export function textIn(texts: readonly string[], { slot, exact }: Place): Node {
  if (exact) return valueIn(texts, slot);
  const wanted = [...new Set(texts.map(fold))];
  return { test: foldedIn(wanted, slot), indexKeys: indexKeysAt(slot, 'folded', wanted) };
}

/** A value that is one of `values`, exactly. */
export function valueIn(values: readonly (string | number)[], slot: number): Node {
  const [only, ...more] = values;
  const indexKeys = indexKeysAt(slot, 'exact', values);
  if (more.length === 0) return { test: (subject) => subject.values[slot] === only, indexKeys };
  const wanted = new Set<unknown>(values);
  return { test: (subject) => wanted.has(subject.values[slot]), indexKeys };
}

/** A text that stands to a part of it as `how` says, folded or exactly. */
export function textWith(how: (text: string, part: string) => boolean, part: string, { slot, exact }: Place): Node {
  return {
    test: exact ? exactWith(how, part, slot) : foldedWith(how, fold(part), slot),
    indexKeys: indexKeyOfSet(slot),
  };
}

/** A list that holds one of `texts`. */
export function listWithAny(texts: readonly string[], { slot, exact }: Place): Node {
  const wanted = wantedElements(texts, exact);
  const of = exact ? elementsOf : foldedElements;
  const test: Test = (subject) => of(subject, slot)?.some((element) => wanted.has(element)) ?? false;
  return { test, indexKeys: indexKeysAt(slot, exact ? 'exact' : 'folded', [...wanted]) };
}

/** A list that holds all of `texts`. */
export function listWithAll(texts: readonly string[], { slot, exact }: Place): Node {
  const wanted = [...wantedElements(texts, exact)];
  const of = exact ? elementsOf : foldedElements;
  const test: Test = (subject) => {
    const elements = of(subject, slot);
    return elements !== null && wanted.every((element) => elements.includes(element));
  };
  // Whoever has all of them has the first.
  return { test, indexKeys: indexKeysAt(slot, exact ? 'exact' : 'folded', wanted.slice(0, 1)) };
}

function foldedIn(wanted: readonly string[], slot: number): Test {
  const [only, ...more] = wanted;
  if (more.length === 0) return (subject) => foldedText(subject, slot) === only;
  const set = new Set<string | null>(wanted);
  return (subject) => set.has(foldedText(subject, slot));
}

function foldedWith(how: (text: string, part: string) => boolean, part: string, slot: number): Test {
  return (subject) => {
    const text = foldedText(subject, slot);
    return text !== null && how(text, part);
  };
}

function exactWith(how: (text: string, part: string) => boolean, part: string, slot: number): Test {
  return (subject) => {
    const text = subject.values[slot];
    return typeof text === 'string' && how(text, part);
  };
}

function wantedElements(texts: readonly string[], exact: boolean): ReadonlySet<string> {
  return new Set(exact ? texts : texts.map(fold));
}
