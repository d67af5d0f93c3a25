import { type CountryCode, Metadata, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';
import { Fault } from '../errors.ts';

const E164 = /^\+[1-9]\d{6,14}$/;
const EXPONENT = /^[+-]?\d+(?:[.,]\d+)?e[+-]?\d+$/i;
/** Longer than any writing of a phone number; the library refuses more than 250. */
const LIMIT = 250;

const INVALID = new Fault('invalidPhone', 'Is not a possible phone number.');
const WITH_EXTENSION = new Fault('invalidPhone', 'Has an extension, which is not kept: give the number alone.');
const SEVERAL = new Fault('invalidPhone', 'Holds more than one phone number: give one.');
const NEEDS_COUNTRY = new Fault(
  'phoneNeedsCountry',
  'Has no country code, and no default country is set: begin it with + and the country code, or set defaultCountry.',
);
const WITH_EXPONENT = new Fault(
  'invalidPhone',
  'Is in scientific notation (an exponent, E+), as spreadsheets write long numbers: format the column as text and enter the number again.',
);

/** Says if libphonenumber-js knows a country (ISO 3166 alpha-2), so that phones without `+` can be read as its own. */
export function isPhoneCountry(country: string): country is CountryCode {
  return Object.hasOwn(metadata.countries, country);
}

/**
 * A phone number as E.164. Anything counts that libphonenumber-js reads as possible and that has no extension; without a
 * leading `+` it is read as a number of `defaultCountry`.
 */
export function readPhone(text: string, defaultCountry: string | null): string | Fault {
  if (E164.test(text) && isPlainlyPossible(text)) return text;
  if (EXPONENT.test(text)) return WITH_EXPONENT;
  if (text.length > LIMIT) return INVALID;
  if (/^tel:\+/i.test(text)) return readPhone(text.slice('tel:'.length), defaultCountry);
  if (/^[+\uff0b]/.test(text)) return readIn(null, text);
  return defaultCountry === null ? withoutCountry(text) : readIn(defaultCountry, text);
}

/** A phone number of a country, or with its country code when `country` is null. */
function readIn(country: string | null, text: string): string | Fault {
  const phone = parse(text, country);
  if (phone?.ext !== undefined) return WITH_EXTENSION;
  return stableForm(phone) ?? (holdsSeveral(text) ? SEVERAL : INVALID);
}

/** A phone number in a cell: as in JSON, and a leading `00` stands for `+`. */
export function readPhoneCell(text: string, defaultCountry: string | null): string | Fault {
  return readPhone(text.startsWith('00') ? `+${text.slice(2)}` : text, defaultCountry);
}

function withoutCountry(text: string): Fault {
  if (holdsSeveral(text)) return SEVERAL;
  return /\d/.test(text) ? NEEDS_COUNTRY : INVALID;
}

function holdsSeveral(text: string): boolean {
  return text.split(/[,;/|\n]|\s\+/).filter((part) => part.replaceAll(/\D/g, '').length >= 7).length > 1;
}

function parse(text: string, country: string | null): PhoneNumber | undefined {
  const options = country !== null && isPhoneCountry(country) ? { defaultCountry: country } : {};
  return parsePhoneNumberFromString(text, { ...options, extract: false }, metadata);
}

/**
 * The E.164 form that is read as itself, null when there is none. The library may still strip a national prefix from a
 * number that it wrote: then the shorter one is what it means by it.
 */
function stableForm(phone: PhoneNumber | undefined): string | null {
  if (!phone?.isPossible()) return null;
  if (isPlainlyPossible(phone.number)) return phone.number;
  const again = parse(phone.number, null);
  if (again?.number === phone.number) return phone.number;
  return again && again.number.length < phone.number.length ? stableForm(again) : null;
}

/** The lengths of numbers that are possible in every country of a calling code, and the national prefix that may be stripped. */
type Plan = { readonly lengths: ReadonlySet<number>; readonly prefix: RegExp | null };
const plans = new Map<string, Plan | null>();

/**
 * Says if a number in E.164 form is certainly possible: its length is so in every country of its calling code, and no
 * national prefix could be stripped from it. Hundreds of times faster than the library; false only means that the library has to be asked.
 */
function isPlainlyPossible(text: string): boolean {
  for (let end = 2; end <= 4; end += 1) {
    const plan = planOf(text.slice(1, end));
    if (plan) return plan.lengths.has(text.length - end) && !plan.prefix?.test(text.slice(end));
  }
  return false;
}

function planOf(callingCode: string): Plan | null {
  const known = plans.get(callingCode);
  if (known !== undefined) return known;
  const plan = makePlan(callingCode);
  plans.set(callingCode, plan);
  return plan;
}

function makePlan(callingCode: string): Plan | null {
  const codes: Readonly<Record<string, readonly CountryCode[]>> = metadata.country_calling_codes;
  const countries = Object.hasOwn(codes, callingCode) ? codes[callingCode] : undefined;
  if (!countries) return null;
  const [main, ...others] = countries.map(numberingPlan);
  const prefix = main && nationalPrefixOf(main);
  if (!main || prefix === undefined) return null;
  const shared = main
    .possibleLengths()
    .filter((length) => others.every((plan) => plan.possibleLengths().includes(length)));
  return { lengths: new Set(shared), prefix: prefix === null ? null : new RegExp(`^(?:${prefix})`) };
}

type NumberingPlan = NonNullable<Metadata['numberingPlan']>;

function numberingPlan(country: CountryCode): NumberingPlan {
  const reader = new Metadata(metadata);
  reader.selectNumberingPlan(country);
  if (!reader.numberingPlan) throw new Error(`No numbering plan for ${country}.`);
  return reader.numberingPlan;
}

/** The pattern of what may be stripped, null for none; undefined when the library does not say (its types leave this method out). */
function nationalPrefixOf(plan: NumberingPlan): string | null | undefined {
  if (!('nationalPrefixForParsing' in plan) || typeof plan.nationalPrefixForParsing !== 'function') return undefined;
  const prefix: unknown = plan.nationalPrefixForParsing();
  return typeof prefix === 'string' ? prefix : null;
}
