import type { IndexKey, Node } from './node.ts';
import { foldedElements, foldedText, type Subject } from './subject.ts';

type Key = IndexKey['key'];
type ByKey = Map<Key, number[]>;

/** The rules that ask for a value of one field: for a certain one, exact or folded, or for any. */
type FieldPostings = { readonly slot: number; readonly set: number[]; readonly exact: ByKey; readonly folded: ByKey };

/** An index of rules, each as a number, by the value that a user must have; `always` are those that can hold for any user. */
export type Postings = { readonly fields: readonly FieldPostings[]; readonly always: readonly number[] };

/** The rules found for a user, each once; made once and used again for every user. */
export type Found = { readonly rules: number[]; readonly marks: Uint32Array; round: number };

/** An empty result for an index of so many rules. */
export function newFound(rules: number): Found {
  return { rules: [], marks: new Uint32Array(rules), round: 0 };
}

/** Empties what was found before. */
export function clearFound(found: Found): void {
  found.rules.length = 0;
  found.round += 1;
  if (found.round < 0xffffffff) return;
  found.marks.fill(0);
  found.round = 1;
}

/** The index of the rules named by `which`, by the index keys of their nodes. */
export function postingsOf(nodes: readonly Node[], which: Iterable<number>): Postings {
  const fields = new Map<number, FieldPostings>();
  const always: number[] = [];
  for (const rule of which) {
    const indexKeys = nodes[rule]?.indexKeys;
    if (indexKeys === null) always.push(rule);
    else for (const indexKey of indexKeys ?? []) addPosting(rule, indexKey, fields);
  }
  return { fields: [...fields.values()], always };
}

/** Adds to `found` every rule that can hold for the subject, and few others. */
export function collect(postings: Postings, subject: Subject, found: Found): void {
  add(postings.always, found);
  for (const field of postings.fields) {
    const value = subject.values[field.slot];
    if (value === null || value === undefined) continue;
    add(field.set, found);
    if (field.exact.size > 0) collectExact(field, subject, found);
    if (field.folded.size > 0) collectFolded(field, subject, found);
  }
}

function addPosting(rule: number, { slot, by, key }: IndexKey, fields: Map<number, FieldPostings>): void {
  const field: FieldPostings = fields.get(slot) ?? { slot, set: [], exact: new Map(), folded: new Map() };
  fields.set(slot, field);
  if (by === 'set') {
    field.set.push(rule);
    return;
  }
  const rules = field[by].get(key);
  if (rules) rules.push(rule);
  else field[by].set(key, [rule]);
}

function collectExact({ slot, exact }: FieldPostings, subject: Subject, found: Found): void {
  const value = subject.values[slot];
  if (value === null || value === undefined) return;
  if (typeof value !== 'object') add(exact.get(value), found);
  else for (const element of value) add(exact.get(element), found);
}

function collectFolded({ slot, folded }: FieldPostings, subject: Subject, found: Found): void {
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
