import { type Failed, failed } from './failure.ts';

/** Enough of a text to tell what it is. */
const HEAD = 1_024;

const HTML = /^<(?:!doctype\s+html|html|head|body|meta|script|title|table|div)\b/i;
/** A declaration, a comment, or a tag with nothing but text, space or another tag behind it. */
const XML = /^<(?:\?xml\b|!--|[a-z_][\w:.-]*(?:\s[^<>]*)?\/?>(?![,;\t|]))/i;
/** An object, or an array with elements that JSON can have; `[id],[email]` is a header. */
const JSON_TEXT = /^(?:\{\s*(?:"|\}|$)|\[\s*(?:[{["\d\]-]|true|false|null|$))/;

/** The failure of a text that is HTML, XML or JSON; null for any other, which may be CSV. */
export function foreignText(head: Uint8Array): Failed | null {
  const text = Buffer.from(head.subarray(0, HEAD)).toString('utf8').trimStart();
  if (HTML.test(text)) {
    const detail = 'Is a web page (HTML), such as one that asks you to sign in: download the CSV itself and drop that.';
    return failed('unsupportedFile', detail, 1);
  }
  if (XML.test(text)) return failed('unsupportedFile', 'Is XML: export the users as CSV and drop that.', 1);
  if (JSON_TEXT.test(text)) return failed('unsupportedFile', 'Is JSON: export the users as CSV and drop that.', 1);
  return null;
}
