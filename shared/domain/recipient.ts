import { Fault, type PlacedFault } from './errors.ts';
import { below, newReport } from './report.ts';
import { readEmail } from './values/email.ts';
import { normalText } from './values/text.ts';

/** The most addresses that get a mail about the end of a job. */
export const MAX_RECIPIENTS = 10;

/** True when a deployment allows mail to an address. `allowed` has addresses, and `*@domain` for all of a domain. */
export function isAllowedRecipient(address: string, allowed: readonly string[]): boolean {
  const email = address.toLowerCase();
  const domain = email.slice(email.lastIndexOf('@'));
  return allowed.some((one) => {
    const entry = one.toLowerCase();
    return entry === email || entry === `*${domain}`;
  });
}

/** Addresses in their normal form, each once, and a fault for every one that may not get mail. */
export type Recipients = { readonly addresses: readonly string[]; readonly faults: readonly PlacedFault[] };

const NOT_ALLOWED = new Fault(
  'notAllowedRecipient',
  'Mail to this address is not allowed. The setting allowedRecipients names who may get mail.',
);

/** An address in its normal form, or the fault of a text that is no address, or one that may not get mail. */
export function readRecipient(raw: string, allowed: readonly string[]): string | Fault {
  const text = normalText(raw);
  const address = text instanceof Fault ? text : readEmail(text, raw);
  if (address instanceof Fault || isAllowedRecipient(address, allowed)) return address;
  return NOT_ALLOWED;
}

/** Reads the addresses of a request. `pointer` points to their list in the body. */
export function readRecipients(raw: readonly string[], allowed: readonly string[], pointer = '/notify'): Recipients {
  const report = newReport();
  const read = raw.flatMap((text, index) => report.keep(below(pointer, index), readRecipient(text, allowed)) ?? []);
  return { addresses: [...new Set(read)], faults: report.faults };
}
