import { Fault } from '../errors.ts';
import { hiddenIn, named, trimmed } from './characters.ts';
import { tooLong } from './text.ts';

const LIMIT = 254;
const LOCAL_LIMIT = 64;
/**
 * The dot-atom form of RFC 5321, with labels of letters, digits and inner hyphens, and a top label that begins with a
 * letter. Without the flag `u` the letters are those of ASCII alone, in either case.
 */
const ADDRESS =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/i;
const NOT_ASCII = /[^\0-\x7f]/;
/** A domain with letters of other scripts; what else could stand in one would change its meaning in a URL. */
const WIDE_DOMAIN = /^[\p{L}\p{M}\p{N}.-]+$/u;

const INVALID = invalid('Is not an e-mail address such as ada@example.com.');
const SEVERAL = invalid('Holds more than one e-mail address: give one.');
const WRAPPED = invalid('Has a name or mailto: around the address: give the address alone.');
const QUOTED = invalid('Has a quoted name before the @, which is not supported.');
const NO_AT = invalid('Has no @: it is not an e-mail address.');
const LAST_DOT = invalid('Ends with a dot: take it off.');

function invalid(detail: string): Fault {
  return new Fault('invalidEmail', detail);
}

/**
 * An e-mail address, in lower case. It is ASCII before the @, since no mail service at hand delivers to others; a domain
 * in another script becomes its `xn--` form.
 *
 * @param text in normal form
 * @param raw the text before it was brought to normal form, which turns U+212A into K
 */
export function readEmail(text: string, raw = text): string | Fault {
  if (text.length <= LIMIT && ADDRESS.test(text)) return checked(text, raw);
  const domainAt = text.lastIndexOf('@') + 1;
  const domain = domainAt > 1 ? asciiDomain(text.slice(domainAt)) : null;
  const email = domain === null ? null : text.slice(0, domainAt) + domain;
  if (email === null || !ADDRESS.test(email) || hiddenIn(raw) !== null) return faultOf(text, raw);
  return email.length > LIMIT ? tooLong(LIMIT) : checked(email, email);
}

/** An e-mail address in a cell, which may also be `mailto:a@b`, `<a@b>` or `Ann Lee <a@b>`: the address alone is kept. */
export function readEmailCell(text: string, raw = text): string | Fault {
  if (ADDRESS.test(text)) return readEmail(text, raw);
  const address = unwrapped(text);
  return address === null ? readEmail(text, raw) : readEmail(address, unwrapped(trimmed(raw)) ?? raw);
}

function checked(email: string, raw: string): string | Fault {
  if (email.indexOf('@') > LOCAL_LIMIT) return INVALID;
  return NOT_ASCII.test(trimmed(raw)) ? faultOf(email, raw) : email.toLowerCase();
}

/** A domain with letters of other scripts as ASCII, by WHATWG URL (UTS 46); null when it has none, or is no such domain. */
function asciiDomain(domain: string): string | null {
  const address = `http://${domain}`;
  if (!NOT_ASCII.test(domain) || !WIDE_DOMAIN.test(domain) || !URL.canParse(address)) return null;
  const labels = domain.split('.');
  const ascii = new URL(address).hostname.split('.');
  // A letter that only looks like one of ASCII, such as a full-width e, is mapped to that one: it is another domain.
  const isFaithful = labels.every((label, index) => !NOT_ASCII.test(label) || ascii[index]?.startsWith('xn--'));
  return isFaithful && ascii.length === labels.length ? ascii.join('.') : null;
}

/** The address inside `mailto:`, angle brackets, or angle brackets behind a name; null when there is nothing around it. */
function unwrapped(text: string): string | null {
  if (/^mailto:/i.test(text)) return text.slice('mailto:'.length).trim();
  if (!text.endsWith('>')) return null;
  const from = text.lastIndexOf('<');
  const name = text.slice(0, Math.max(from, 0)).trim();
  const address = text.slice(from + 1, -1).trim();
  const isAlone = !name.includes('@') || name.replaceAll(/^["']|["']$/g, '').toLowerCase() === address.toLowerCase();
  return from >= 0 && isAlone ? address.replace(/^mailto:/i, '') : null;
}

/** The fault of a text that is no e-mail address; it names the cause where one is known. */
function faultOf(text: string, raw: string): Fault {
  const hidden = hiddenIn(raw);
  if (text.split(/[\s,;<>]+/).filter((word) => /.@./.test(word)).length > 1) return SEVERAL;
  if (hidden !== null) return invalid(`Holds ${hidden}: take it out.`);
  if (/^mailto:|<[^<>]*>$/i.test(text)) return WRAPPED;
  if (text.startsWith('"')) return QUOTED;
  if (!text.includes('@')) return NO_AT;
  if (text.length > LIMIT) return tooLong(LIMIT);
  if (text.endsWith('.')) return LAST_DOT;
  const letter = NOT_ASCII.exec(raw);
  return letter ? invalid(`Holds ${named(raw, letter.index)}: use letters of ASCII there.`) : INVALID;
}
