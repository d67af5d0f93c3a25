import { Fault } from '../errors.ts';
import type { PropertyType } from '../properties/property.ts';
import { fold } from './fold.ts';
import { normalText } from './text.ts';

const BLOCKED: ReadonlySet<string> = new Set([
  'null',
  'undefined',
  'nil',
  'none',
  'nan',
  'n/a',
  'na',
  'tbd',
  'unknown',
  'anonymous',
  'guest',
  'true',
  'false',
  '-1',
  '[object object]',
  '#n/a',
  '#ref!',
  '#value!',
  '#name?',
  '#div/0!',
  '#num!',
  '#null!',
]);
const LONGEST_BLOCKED = Math.max(...[...BLOCKED].map((word) => word.length));
/** Nothing but zeros, dashes, dots and question marks. */
const NOTHING = /^[0\p{Pd}\u2212.?]+$/u;
/** A text that a spreadsheet keeps from being a number: `="00042"`. */
const ARMOUR = /^="([^"]*)"$/;
/** A long number as a spreadsheet shows it, which is what it then writes into files: `4.79386E+17`. */
const MANGLED = /^[+-]?\d+(?:[.,]\d+)?E\+\d{2,}$/i;

const BLOCKED_FAULT = new Fault(
  'blockedIdentifier',
  'Stands for "no value" and names nobody: leave it blank, or give the real one.',
);
const MANGLED_FAULT = new Fault(
  'mangledNumber',
  'Is a long number that a spreadsheet cut to an exponent (E+): format the column as text and export the real ones again.',
);

/**
 * The text of an identifier, from which its type's parser goes on; '' when it is blank.
 *
 * A word that programs write where they have no identifier (`null`, `N/A`, `0000`) is `blockedIdentifier`: all users without
 * one would become one user. Of an identifier of type text, the armour of spreadsheets is taken off, and
 * what a spreadsheet destroyed is `mangledNumber`, since many long numbers become the same one.
 *
 * @param text in normal form
 */
export function identifierText(text: string, type: PropertyType): string | Fault {
  const plain = type === 'text' ? withoutArmour(text) : text;
  if (plain instanceof Fault) return plain;
  if (isBlocked(plain)) return BLOCKED_FAULT;
  return type === 'text' && MANGLED.test(plain) ? MANGLED_FAULT : plain;
}

function withoutArmour(text: string): string | Fault {
  const inner = text.charCodeAt(0) === 0x3d ? ARMOUR.exec(text)?.[1] : undefined;
  return inner === undefined ? text : normalText(inner);
}

function isBlocked(text: string): boolean {
  return NOTHING.test(text) || (text.length <= LONGEST_BLOCKED && BLOCKED.has(fold(text)));
}
