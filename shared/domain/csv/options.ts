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
  z.union([z.null(), z.string(), Declared]),
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
      `must be a header of 1 to ${HEADER_LIMIT} characters`,
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
    z.nullable(z.string().check(z.refine(isPhoneCountry, 'must be a country by ISO 3166 alpha-2, such as US'))),
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
            'must be a label of the WHATWG Encoding Standard, such as windows-1252',
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
          'must be at most 100 tags of 1 to 64 characters, without , ; and "',
        ),
      ),
    [],
  ),
  addToSegment: z._default(z.nullable(z.string()), null),
  dryRun: z._default(z.boolean(), false),
  notify: z._default(z.nullable(z.array(z.string()).check(z.maxLength(10))), null),
};

const Given = z.strictObject(importOptionFields);
type Given = z.infer<typeof Given>;

/**
 * The options of an import as they are understood: every one is there. null means: none (`identifier`, `decimal`,
 * `addToSegment`), the deployment's (`defaultCountry`), UTF-8 (`encoding`), the usual addresses (`notify`).
 */
export type ImportOptions = Omit<Given, 'tags'> & { readonly tags: 'merge' | 'replace' };

/** Fills in what follows from other options: tags are replaced where users are. */
export function understood(given: Given): ImportOptions {
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

/** The expected types, in words. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  record: 'an object in JSON',
};

/** `a, b or c` */
function anyOf(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(', ')} or ${words.at(-1)}` : words.join();
}

/** The fault of a value, as the end of a sentence. The value itself is left out, since it may be anything. */
function wrongIn(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `must be ${anyOf(issue.values.map(String))}`;
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_union':
      return 'must be the name of a field, null, or an object with key and type';
    case 'unrecognized_keys':
      return 'has key and type, and nothing else';
    case 'too_big':
      return issue.origin === 'array' ? `has at most ${issue.maximum} entries` : `must be at most ${issue.maximum}`;
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

/** Names are repeated up to this length, in characters: people write them, and they may be anything. */
const LONGEST_NAME = 60;

/** A name as it is told; a blank one in quotes, or nobody would see it. */
export function named(name: string): string {
  if (name.trim() === '') return `"${name}"`;
  const characters = [...name];
  return characters.length > LONGEST_NAME ? `${characters.slice(0, LONGEST_NAME).join('')}…` : name;
}

/** `Option mapping: Terms/type must be text, … or url.` */
function sentenceOf(issue: z.core.$ZodIssue): string {
  const [option, ...steps] = issue.path.map((step) => named(String(step)));
  return `Option ${option}: ${steps.length > 0 ? `${steps.join('/')} ` : ''}${wrongIn(issue)}.`;
}

/**
 * The options of a dropped file, with the default where a value cannot be followed; the names given with it that are none
 * of ours; and a sentence for all that is wrong.
 */
export type DroppedOptions = {
  readonly options: ImportOptions;
  readonly unknown: readonly string[];
  readonly faults: readonly string[];
};

/**
 * The options that a dropped file came with: its S3 metadata (names without `x-amz-meta-`, in kebab case) and the text of
 * the `.options.json` beside it, null when there is none. Metadata wins.
 */
export function optionsOfDrop(metadata: Readonly<Record<string, string>>, file: string | null): DroppedOptions {
  const inFile = file === null ? {} : parseObject(file);
  const inMetadata = Object.entries(metadata).filter(([, text]) => text.trim() !== '');
  const inWords = Object.fromEntries(
    inMetadata.map(([name, text]) => [camelCase(name), meaningOf(camelCase(name), text.trim())]),
  );
  const given = { ...inFile, ...inWords };
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(importOptionFields, name));
  const issues = Given.safeParse(without(given, unknown)).error?.issues ?? [];
  const wrong = issues.map(({ path: [option] }) => String(option));
  return {
    options: understood(Given.parse(without(given, [...unknown, ...wrong]))),
    unknown,
    faults: [...(inFile ? [] : [NO_OBJECT]), ...issues.map(sentenceOf)],
  };
}

const NO_OBJECT = 'The .options.json beside the file is not a JSON object.';

function without(given: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  const out = new Set(names);
  return Object.fromEntries(Object.entries(given).filter(([name]) => !out.has(name)));
}

/** A JSON object; null for any other text, and for one that names a prototype, which schemas drop without a word. */
function parseObject(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text, (name, value) => {
      if (name === '__proto__') throw new SyntaxError(name);
      return value;
    });
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null;
  } catch {
    return null;
  }
}

/** The value of an option in metadata; a text without a meaning stays a text, which the schema refuses. */
function meaningOf(name: string, text: string): unknown {
  switch (name) {
    case 'mapping':
      return parseObject(text) ?? text;
    case 'dryRun':
      return text === 'true' || (text === 'false' ? false : text);
    case 'headerLine':
      return /^\d{1,2}$/.test(text) ? Number(text) : text;
    case 'addTags':
      return parts(text, ';');
    case 'notify':
      return parts(text, ',');
    default:
      return text;
  }
}

function parts(text: string, sign: string): string[] {
  const all = text.split(sign).map((part) => part.trim());
  return all.filter((part) => part !== '');
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
