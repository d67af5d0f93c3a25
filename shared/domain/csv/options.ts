import * as z from 'zod/mini';
import { Fault } from '../errors.ts';
import { PropertyType } from '../properties/property.ts';
import { readTags } from '../values/list.ts';
import { isPhoneCountry } from '../values/phone.ts';
import type { Locale } from '../values/value.ts';
import { encodingNamed } from './encoding.ts';

const Declared = z.strictObject({ key: z.string(), type: PropertyType });

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The target of a column in a mapping. An object is parsed by itself first, since a union's error would not say which part is wrong. */
const Mapped = z.pipe(
  z.transform((given: unknown, { issues }) => {
    if (!isObject(given)) return given;
    for (const issue of Declared.safeParse(given).error?.issues ?? []) {
      const { code } = issue;
      const isExact = code === 'invalid_type' || code === 'invalid_value' || code === 'unrecognized_keys';
      if (isExact) issues.push({ ...issue, input: given });
    }
    return given;
  }),
  z.union([z.null(), z.string(), Declared], 'Must be the name of a field, null, or an object with key and type.'),
);

const HEADER_LIMIT = 1_000;
/** The last line on which a header may stand. */
const MOST_HEADER_LINE = 50;

/** The table keeps a mapping by its headers, and takes neither a blank name nor one that is endless. */
const Header = z
  .string()
  .check(
    z.refine(
      (header) => header.trim() !== '' && header.length <= HEADER_LIMIT,
      `Must be a header of 1 to ${HEADER_LIMIT} characters.`,
    ),
  );
const Mapping = z.record(Header, Mapped);

/** The options of an import as JSON gives them, with their defaults; a contract puts other keys beside them. */
export const importOptionFields = {
  badCells: z._default(z.enum(['skip', 'fail']), 'skip'),
  onConflict: z._default(z.enum(['update', 'replace', 'skip']), 'update'),
  blankCells: z._default(z.enum(['keep', 'clear']), 'keep'),
  unknownColumns: z._default(z.enum(['create', 'ignore', 'fail']), 'create'),
  tags: z.optional(z.enum(['merge', 'replace'])),
  mapping: z._default(Mapping, {}),
  identifier: z._default(z.nullable(z.string()), null),
  defaultCountry: z._default(
    z.nullable(z.string().check(z.refine(isPhoneCountry, 'Must be a country by ISO 3166 alpha-2, such as US.'))),
    null,
  ),
  dateFormat: z._default(z.enum(['ymd', 'dmy', 'mdy']), 'ymd'),
  decimal: z._default(z.nullable(z.enum(['.', ','])), null),
  encoding: z._default(
    z.nullable(
      z
        .string()
        .check(
          z.refine(
            (label) => encodingNamed(label) !== null,
            'Must be a label of the WHATWG Encoding Standard, such as windows-1252.',
          ),
        ),
    ),
    null,
  ),
  headerLine: z._default(z.int().check(z.gte(1), z.lte(MOST_HEADER_LINE)), 1),
  addTags: z._default(
    z
      .array(z.string())
      .check(
        z.refine(
          (tags) => !(readTags(tags) instanceof Fault),
          'Must be at most 100 tags of 1 to 64 characters, without , ; and ".',
        ),
      ),
    [],
  ),
  addToSegment: z._default(z.nullable(z.string()), null),
  dryRun: z._default(z.boolean(), false),
  notify: z._default(z.nullable(z.array(z.string()).check(z.maxLength(10))), null),
};

/** The options of an import as they are given. */
export const GivenOptions = z.strictObject(importOptionFields);
export type GivenOptions = z.infer<typeof GivenOptions>;

/**
 * The options of an import as they are understood: every one is there. null means: none (`identifier`, `decimal`,
 * `addToSegment`), the deployment's (`defaultCountry`), UTF-8 (`encoding`), the usual addresses (`notify`).
 */
export type ImportOptions = Omit<GivenOptions, 'tags'> & { readonly tags: 'merge' | 'replace' };

/** Fills in what follows from other options: tags are replaced where users are. */
export function understood(given: GivenOptions): ImportOptions {
  return { ...given, tags: given.tags ?? (given.onConflict === 'replace' ? 'replace' : 'merge') };
}

/** The locale of an import's cells: the deployment's, with the options in its place where they are given. */
export function localeOf(
  { defaultCountry, dateFormat, decimal }: Pick<ImportOptions, 'defaultCountry' | 'dateFormat' | 'decimal'>,
  deployment: Pick<Locale, 'timeZone' | 'defaultCountry'>,
): Locale {
  return {
    timeZone: deployment.timeZone,
    defaultCountry: defaultCountry ?? deployment.defaultCountry,
    dateFormat,
    decimal: decimal ?? 'none',
  };
}
