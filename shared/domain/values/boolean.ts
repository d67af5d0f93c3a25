import { Fault } from '../errors.ts';

const INVALID = new Fault('invalidBoolean', 'Is none of true, yes, 1, false, no, 0.');

/** A truth value in a cell, in any case. */
export function readBooleanCell(text: string): boolean | Fault {
  switch (text.toLowerCase()) {
    case 'true':
    case 'yes':
    case '1':
      return true;
    case 'false':
    case 'no':
    case '0':
      return false;
    default:
      return INVALID;
  }
}
