import { numberOf, writeNumber } from './number.ts';

declare global {
  interface JSON {
    /** A text that `stringify` takes over as it is (ECMAScript's "JSON.parse source text access"). */
    rawJSON(text: string): object;
  }
}

/** The third argument of a reviver (by the same proposal): `source` is the text of a primitive value. */
type Source = { readonly source?: string };
const NO_SOURCE: Source = {};

const SMALL = /\de-/;
/** Numbers that a double may not hold have an exponent of three digits, or hundreds of digits. */
const EXTREME = /e[+-]?\d{3}|\d{200}/i;

const spelled = (_key: string, value: unknown) =>
  typeof value === 'number' && SMALL.test(String(value)) ? JSON.rawJSON(writeNumber(value)) : value;

/** A value as JSON, its numbers never with an exponent: as they are kept, and written into files. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value);
  // Hardly any answer holds so small a number, and asking about each value would cost more than all the rest.
  return SMALL.test(text) ? JSON.stringify(value, spelled) : text;
}

/**
 * The value of a JSON text, like `JSON.parse`; but a number that `JSON.parse` rounds to 0 or to infinity (`1e-400`, `1e400`)
 * becomes the smallest or the largest double, so that it is refused as out of range.
 *
 * @throws SyntaxError when the text is not JSON
 */
export function fromJson(text: string): unknown {
  if (!EXTREME.test(text)) return JSON.parse(text);
  const kept = (_name: string, value: unknown, ...[{ source } = NO_SOURCE]: readonly Source[]) =>
    typeof value === 'number' && source !== undefined ? numberOf(source) : value;
  return JSON.parse(text, kept);
}
