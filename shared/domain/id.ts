import { hash } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The pattern of a user id: a ULID (https://github.com/ulid/spec). */
export const ULID_PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** The digits of each number below 32². */
const PAIRS = Array.from({ length: 1_024 }, (_, n) => ALPHABET.charAt(n >>> 5) + ALPHABET.charAt(n & 31));

/** A number below 32⁸ in Crockford's base 32, as eight digits. */
function eightDigits(value: number): string {
  const high = Math.floor(value / 1_048_576);
  const low = value % 1_048_576;
  return `${PAIRS[high >>> 10]}${PAIRS[high & 1_023]}${PAIRS[low >>> 10]}${PAIRS[low & 1_023]}`;
}

/** The first ten digits of a ULID. */
function digitsOf(time: number): string {
  return `${PAIRS[Math.floor(time / 1_099_511_627_776)]}${eightDigits(time % 1_099_511_627_776)}`;
}

/** Five bytes as a number: it fits exactly into a double, and into eight digits. */
const fiveBytes = (bytes: Uint8Array, from: number): number => {
  let value = 0;
  for (let at = from; at < from + 5; at += 1) value = value * 256 + (bytes[at] ?? 0);
  return value;
};

/**
 * A ULID: 48 bits of time and 80 bits of entropy, in Crockford's base 32, so that ids sort by time.
 *
 * @param time milliseconds since 1970, not negative
 * @param entropy ten bytes, random or of a hash
 */
export function ulid(time: number, entropy: Uint8Array): string {
  return digitsOf(time) + eightDigits(fiveBytes(entropy, 0)) + eightDigits(fiveBytes(entropy, 5));
}

/** Ten bytes of a hash over some words: the entropy of an id that a repeated call has to make again. */
export function entropyOf(...words: readonly (string | number)[]): Uint8Array {
  const digest = hash('sha256', words.join('\n'), 'binary');
  const bytes = new Uint8Array(10);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = digest.charCodeAt(at);
  return bytes;
}

/** The time in a ULID, in milliseconds since 1970. */
export function timeOf(id: string): number {
  let time = 0;
  for (const letter of id.slice(0, 10)) time = time * 32 + ALPHABET.indexOf(letter);
  return time;
}
