import { Fault } from '../errors.ts';

const DIGITS = 15;
const TOO_LARGE = 1e15;
const TOO_SMALL = 1e-15;

const PLAIN = /^-?(?:\d+(?:\.\d+)?|\.\d+)$/;
const GROUPED = {
  '.': /^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/,
  ',': /^-?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?$/,
} as const;
const EXPONENT = /^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i;

const OUT_OF_RANGE = new Fault(
  'outOfRange',
  'Must be below 10^15 in magnitude, and not smaller than 10^-15 unless it is 0.',
);
const INVALID = {
  none: new Fault(
    'invalidNumber',
    'Is not a number such as -12 or 12.5: no separators (unless the option decimal says which sign is the decimal one), currency, percent sign or leading +.',
  ),
  '.': new Fault('invalidNumber', 'Is not a number such as -12, 12.5 or 1,234.5 (decimal is the point).'),
  ',': new Fault('invalidNumber', 'Is not a number such as -12, 12,5 or 1.234,5 (decimal is the comma).'),
} as const;
const WITH_EXPONENT = new Fault(
  'invalidNumber',
  'Is written with an exponent (E), as spreadsheets do with long numbers: format the column as a plain number.',
);

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
 * three; with none, nothing may stand between digits. No exponent, currency, percent sign or leading `+`.
 */
export function readNumberCell(text: string, decimal: 'none' | '.' | ','): number | Fault {
  if (decimal !== ',' && PLAIN.test(text)) return readDigits(text);
  if (EXPONENT.test(text)) return WITH_EXPONENT;
  if (decimal === 'none' || !GROUPED[decimal].test(text)) return INVALID[decimal];
  return readDigits(decimal === '.' ? text.replaceAll(',', '') : text.replaceAll('.', '').replace(',', '.'));
}

function readDigits(digits: string): number | Fault {
  return readNumber(numberOf(digits));
}

/**
 * The number that digits name, never rounded to 0 or to infinity: what is too small or too large for a double is the
 * smallest or the largest one, which no property takes.
 */
export function numberOf(digits: string): number {
  const number = Number(digits);
  const sign = digits.startsWith('-') ? -1 : 1;
  if (number === 0 && /^[^e]*[1-9]/i.test(digits)) return sign * Number.MIN_VALUE;
  return Number.isFinite(number) ? number : sign * Number.MAX_VALUE;
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
