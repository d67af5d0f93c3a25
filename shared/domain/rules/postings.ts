import type { Hook, Node } from './node.ts';
import { foldedElements, foldedText, type Subject } from './subject.ts';

type Key = Hook['key'];
type ByKey = Map<Key, number[]>;

/** What is known of the rules that hang on one field: by the value it must have, or on its being set at all. */
type Shelf = { readonly slot: number; readonly set: number[]; readonly exact: ByKey; readonly folded: ByKey };

/** Rules, each as a number, by what a user must have for them to hold; `always` are those that can hold for anybody. */
export type Postings = { readonly shelves: readonly Shelf[]; readonly always: readonly number[] };

/** The rules found for a user, each once; made once and used again for every user. */
export type Found = { readonly rules: number[]; readonly marks: Uint32Array; round: number };

/** Room for what is found of so many rules; nothing is found yet. */
export function newFound(rules: number): Found {
  return { rules: [], marks: new Uint32Array(rules), round: 0 };
}

/** Empties what was found before. */
export function startOver(found: Found): void {
  found.rules.length = 0;
  found.round += 1;
  if (found.round < 0xffffffff) return;
  found.marks.fill(0);
  found.round = 1;
}

/** Postings of the rules named by `which`, hung up by the hooks of their nodes. */
export function postingsOf(nodes: readonly Node[], which: Iterable<number>): Postings {
  const shelves = new Map<number, Shelf>();
  const always: number[] = [];
  for (const rule of which) {
    const hooks = nodes[rule]?.hooks;
    if (hooks === null) always.push(rule);
    else for (const hook of hooks ?? []) hang(rule, hook, shelves);
  }
  return { shelves: [...shelves.values()], always };
}

/** Adds to `found` every rule that can hold for the subject, and few others. */
export function collect(postings: Postings, subject: Subject, found: Found): void {
  add(postings.always, found);
  for (const shelf of postings.shelves) {
    const value = subject.values[shelf.slot];
    if (value === null || value === undefined) continue;
    add(shelf.set, found);
    if (shelf.exact.size > 0) collectExact(shelf, subject, found);
    if (shelf.folded.size > 0) collectFolded(shelf, subject, found);
  }
}

function hang(rule: number, { slot, by, key }: Hook, shelves: Map<number, Shelf>): void {
  const shelf: Shelf = shelves.get(slot) ?? { slot, set: [], exact: new Map(), folded: new Map() };
  shelves.set(slot, shelf);
  if (by === 'set') {
    shelf.set.push(rule);
    return;
  }
  const rules = shelf[by].get(key);
  if (rules) rules.push(rule);
  else shelf[by].set(key, [rule]);
}

function collectExact({ slot, exact }: Shelf, subject: Subject, found: Found): void {
  const value = subject.values[slot];
  if (value === null || value === undefined) return;
  if (typeof value !== 'object') add(exact.get(value), found);
  else for (const element of value) add(exact.get(element), found);
}

function collectFolded({ slot, folded }: Shelf, subject: Subject, found: Found): void {
  const text = foldedText(subject, slot);
  if (text !== null) add(folded.get(text), found);
  else for (const element of foldedElements(subject, slot) ?? []) add(folded.get(element), found);
}

function add(rules: readonly number[] | undefined, found: Found): void {
  if (rules === undefined) return;
  const { marks, round } = found;
  for (const rule of rules) {
    if (marks[rule] === round) continue;
    marks[rule] = round;
    found.rules.push(rule);
  }
}
