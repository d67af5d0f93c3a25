import { createHash } from 'node:crypto';
import { FORBIDDEN_NAMES, KEY_PATTERN, RESERVED_KEYS } from '../properties/property.ts';
import { fold } from '../values/fold.ts';
import { isSystemWord } from './synonyms.ts';

const MOST = 64;

/**
 * The key of the property that a column of this header becomes.
 *
 * The header itself when it is a valid key; else its words, without accents, camel-cased (`In office since` →
 * `inOfficeSince`), with `c` in front when it begins with a digit. A key that is reserved, or that means a system field,
 * gets `custom` in front of its words (`created_at` → `customCreatedAt`). A header without any Latin letter or digit
 * becomes `column_` and 8 digits of its SHA-256.
 */
export function keyOfHeader(header: string): string {
  const key = KEY_PATTERN.test(header) ? header : camelCase(header);
  if (key === '') return `column_${createHash('sha256').update(header).digest('hex').slice(0, 8)}`;
  const isOurs = RESERVED_KEYS.has(key) || FORBIDDEN_NAMES.has(key) || isSystemWord(header) || isSystemWord(key);
  return isOurs ? `custom${capital(camelCase(header))}`.slice(0, MOST) : key;
}

/** A key like this one that is not taken: with 2, 3 … behind it. */
export function freeKey(key: string, isTaken: (key: string) => boolean): string {
  if (!isTaken(key)) return key;
  let number = 2;
  const numbered = () => `${key.slice(0, MOST - String(number).length)}${number}`;
  while (isTaken(numbered())) number += 1;
  return numbered();
}

function camelCase(header: string): string {
  const words = header.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  const [first = '', ...others] = words
    .flatMap(humps)
    .map((word) => fold(word).replace(/[^a-z0-9]/g, ''))
    .filter(Boolean);
  const key = first + others.map(capital).join('');
  return (/^\d/.test(key) ? `c${key}` : key).slice(0, MOST);
}

/** `CustomerTier` is two words. */
function humps(word: string): string[] {
  return word.split(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
