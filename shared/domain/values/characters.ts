import { Fault } from '../errors.ts';

/** White space other than U+0020, TAB and LF, and invisible characters. */
const HIDDEN = /(?! )[\t\n\p{Z}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is looked for.
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x09, 'a tab'],
  [0x0a, 'a line break'],
  [0xa0, 'a no-break space'],
  [0x202f, 'a no-break space'],
  [0x200b, 'an invisible space'],
  [0xfeff, 'an invisible space'],
]);

/** The length of the white space at the beginning of a text, or of the whole text when it is nothing else. */
function blankStart(text: string): number {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** The length of a text without the white space at its end. */
function lengthOfInk(text: string): number {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return end;
}

/** White space as JavaScript's `\s` has it (U+00A0 and U+FEFF among it), and U+200B. */
function isSpace(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  if (unit < 0x1680) return unit === 0xa0;
  return (unit >= 0x2000 && unit <= 0x200b) || OTHER_SPACES.has(unit);
}

const OTHER_SPACES: ReadonlySet<number> = new Set([0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff]);

/** A text without white space at either end, U+00A0, U+200B and U+FEFF included. The cost grows with the text alone. */
export function trimmed(text: string): string {
  const from = blankStart(text);
  return from === text.length ? '' : text.slice(from, lengthOfInk(text));
}

/**
 * Names the first character inside a text that a reader does not see: `U+200B, an invisible space, at position 4`, where
 * positions count code points from 1; null when there is none. White space at either end is passed over.
 */
export function hiddenIn(text: string): string | null {
  const from = blankStart(text);
  const to = lengthOfInk(text);
  for (const { index } of text.matchAll(HIDDEN)) if (index >= from && index < to) return named(text, index);
  return null;
}

/** The fault of a text that holds a control character (C0 but TAB, LF and CR) or a lone surrogate; null for any other. */
export function characterFault(text: string): Fault | null {
  const { index } = CONTROL.exec(text) ?? LONE_SURROGATE.exec(text) ?? {};
  if (index === undefined) return null;
  return new Fault('invalidCharacter', `Holds ${named(text, index)}: only TAB and newline are allowed of its kind.`);
}

/** Names the character at an index of a text, with its position. */
export function named(text: string, index: number): string {
  const point = text.codePointAt(index) ?? 0;
  const code = point.toString(16).toUpperCase().padStart(4, '0');
  return `U+${code}, ${kindOf(point)}, at position ${[...text.slice(0, index)].length + 1}`;
}

function kindOf(point: number): string {
  const known = NAMES.get(point);
  if (known !== undefined) return known;
  const character = String.fromCodePoint(point);
  if (point < 0x20) return 'a control character';
  if (LONE_SURROGATE.test(character)) return 'half of a character';
  if (/\p{Z}/u.test(character)) return 'a space of another kind';
  return /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u.test(character)
    ? 'an invisible character'
    : 'a character outside ASCII';
}
