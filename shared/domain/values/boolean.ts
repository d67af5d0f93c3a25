import { Fault } from '../errors.ts';

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', 't', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', 'f', 'off', '0'].map((word) => [word, false] as const),
]);

const INVALID = new Fault('invalidBoolean', `Is none of ${[...WORDS.keys()].join(', ')}.`);

/** A truth value in a cell, in any case. */
export function readBooleanCell(text: string): boolean | Fault {
  return WORDS.get(text.toLowerCase()) ?? INVALID;
}
