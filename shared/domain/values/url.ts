import { Fault } from '../errors.ts';
import { isLongerThan, tooLong } from './text.ts';

const LIMIT = 2_048;
const PARTS = /^(https?):\/\/((?:[^/?#\\@]*@)?)([^/?#\\@]+)((?:[/?#].*)?)$/i;
const UNSAFE = /[\s\\]/;

const INVALID = new Fault('invalidUrl', 'Is not an absolute address that begins with http:// or https://.');

/** An absolute `http` or `https` URL, as given but for the scheme and host, which become lower case. */
export function readUrl(text: string): string | Fault {
  if (isLongerThan(text, LIMIT)) return tooLong(LIMIT);
  const [, scheme, user, host, rest] = PARTS.exec(text) ?? [];
  if (scheme === undefined || host === undefined || UNSAFE.test(text) || !URL.canParse(text)) return INVALID;
  const url = `${scheme.toLowerCase()}://${user}${host.toLowerCase()}${rest}`.normalize('NFC');
  return isLongerThan(url, LIMIT) ? tooLong(LIMIT) : url;
}
