import { Fault } from '../errors.ts';
import { tooLong } from './text.ts';

const LIMIT = 254;
const LOCAL_LIMIT = 64;
/** The dot-atom form of RFC 5321, with labels of letters, digits and inner hyphens, and a top label that begins with a letter. */
const ADDRESS =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/;

const INVALID = new Fault('invalidEmail', 'Is not an e-mail address such as ada@example.com.');

/** An e-mail address, in lower case. Addresses are ASCII: no mail service at hand delivers to others. */
export function readEmail(text: string): string | Fault {
  if (text.length > LIMIT) return tooLong(LIMIT);
  const email = text.toLowerCase();
  return email.indexOf('@') <= LOCAL_LIMIT && ADDRESS.test(email) && email.length === text.length ? email : INVALID;
}
