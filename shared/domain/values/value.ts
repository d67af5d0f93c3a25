/** A stored value of a property. A property that is unset has none: null, '' and [] never are stored. */
export type Value = string | number | boolean | readonly string[];

/** The values of a user's or a company's properties by key; unset ones are left out. */
export type Values = Readonly<Record<string, Value>>;

/**
 * The settings by which a deployment, or one import, reads ambiguous values.
 *
 * - `timeZone`: IANA name; a datetime without an offset is read in it.
 * - `defaultCountry`: ISO 3166 alpha-2 for phones without `+`; null when none is configured.
 * - `dateFormat` and `decimal`: only cells use them.
 */
export type Locale = {
  readonly timeZone: string;
  readonly defaultCountry: string | null;
  readonly dateFormat: 'ymd' | 'dmy' | 'mdy';
  readonly decimal: 'none' | '.' | ',';
};
