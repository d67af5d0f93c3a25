import { writeList } from './list.ts';
import { writeNumber } from './number.ts';
import type { Value } from './value.ts';

/** The text of a value in a cell, without quotes and formula escapes; `readCell` gives the value back. */
export function writeCell(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return writeNumber(value);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return writeList(value);
  }
}
