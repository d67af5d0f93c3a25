import { Fault } from '../errors.ts';

const DIGITS = 15;
const TOO_LARGE = 1e15;
const TOO_SMALL = 1e-15;

const PLAIN = /^-?(?:\d+(?:\.\d+)?|\.\d+)$/;
const GROUPED = {
  '.': /^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/,
  ',': /^-?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?$/,
} as const;

const OUT_OF_RANGE = new Fault(
  'outOfRange',
  'Must be below 10^15 in magnitude, and not smaller than 10^-15 unless it is 0.',
);
const INVALID = {
  none: new Fault('invalidNumber', 'Is not a number such as -12 or 12.5, without separators, signs or exponent.'),
  '.': new Fault('invalidNumber', 'Is not a number such as -12, 12.5 or 1,234.5.'),
  ',': new Fault('invalidNumber', 'Is not a number such as -12, 12,5 or 1.234,5.'),
} as const;

/** The number that is kept: 15 significant digits, in range, and 0 for -0. */
export function readNumber(raw: number): number | Fault {
  if (raw === 0) return 0;
  const size = Math.abs(raw);
  if (!(size < TOO_LARGE && size >= TOO_SMALL)) return OUT_OF_RANGE;
  if (Number.isInteger(raw)) return raw;
  const kept = Number(raw.toPrecision(DIGITS));
  return Math.abs(kept) < TOO_LARGE ? kept : OUT_OF_RANGE;
}

/**
 * A number in a cell. `decimal` says which sign parts the fraction: with one given, the other may stand between groups of
 * three; with none, nothing may stand between digits. No exponent, money sign, percent sign or leading `+`.
 */
export function readNumberCell(text: string, decimal: 'none' | '.' | ','): number | Fault {
  if (decimal !== ',' && PLAIN.test(text)) return readNumber(Number(text));
  if (decimal === 'none' || !GROUPED[decimal].test(text)) return INVALID[decimal];
  const plain = decimal === '.' ? text.replaceAll(',', '') : text.replaceAll('.', '').replace(',', '.');
  return readNumber(Number(plain));
}

/** The digits of a kept number, never with an exponent. */
export function writeNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? spellOut(value) : text;
}

/** Only magnitudes below 10^-6 are written with an exponent by the language: their digits move behind the zeros. */
function spellOut(value: number): string {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const zeros = '0'.repeat(-Number(exponent) - 1);
  return `${value < 0 ? '-' : ''}0.${zeros}${mantissa.replace('.', '')}`;
}
