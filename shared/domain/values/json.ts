import { writeNumber } from './number.ts';

declare global {
  interface JSON {
    /** A text that `stringify` takes over as it is (ECMAScript's "JSON.parse source text access"). */
    rawJSON(text: string): object;
  }
}

const EXPONENT = /\de-/;

const spelled = (_key: string, value: unknown) =>
  typeof value === 'number' && EXPONENT.test(String(value)) ? JSON.rawJSON(writeNumber(value)) : value;

/** A value as JSON, its numbers never with an exponent: as they are kept, and written into files. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value);
  // Hardly any answer holds so small a number, and asking about each value would cost more than all the rest.
  return EXPONENT.test(text) ? JSON.stringify(value, spelled) : text;
}
