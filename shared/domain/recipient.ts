import { Fault, type PlacedFault } from './errors.ts';
import { readEmail } from './values/email.ts';

/** The most addresses that a job tells of its end. */
export const MAX_RECIPIENTS = 10;

/** Whether a deployment allows mail to an address: `allowed` holds addresses, and `*@domain` for all of a domain. */
export function isAllowedRecipient(address: string, allowed: readonly string[]): boolean {
  const email = address.toLowerCase();
  const domain = email.slice(email.lastIndexOf('@'));
  return allowed.some((one) => {
    const entry = one.toLowerCase();
    return entry === email || entry === `*${domain}`;
  });
}

/** Addresses in their normal form, each once, and a fault for every one that cannot be written to. */
export type Recipients = { readonly addresses: readonly string[]; readonly faults: readonly PlacedFault[] };

/** Reads the addresses that a request names. `pointer` is where their list stands in the body. */
export function readRecipients(raw: readonly string[], allowed: readonly string[], pointer = '/notify'): Recipients {
  const addresses = new Set<string>();
  const faults: PlacedFault[] = [];
  for (const [index, text] of raw.entries()) {
    const address = readEmail(text.trim());
    const place = { pointer: `${pointer}/${index}` };
    if (address instanceof Fault) faults.push({ ...place, code: address.code, detail: address.detail });
    else if (isAllowedRecipient(address, allowed)) addresses.add(address);
    else faults.push({ ...place, ...NOT_ALLOWED });
  }
  return { addresses: [...addresses], faults };
}

const NOT_ALLOWED = {
  code: 'notAllowedRecipient',
  detail: 'Mail to this address is not allowed. The setting allowedRecipients names who may get mail.',
} as const;
