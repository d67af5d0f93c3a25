import * as z from 'zod/mini';
import { Fault } from '../errors.ts';
import { PropertyType } from '../property.ts';
import { readTags } from '../values/list.ts';
import { isPhoneCountry } from '../values/phone.ts';
import type { Locale } from '../values/value.ts';
import { type Failed, failed } from './failure.ts';

const Mapped = z.union([z.null(), z.string(), z.strictObject({ key: z.string(), type: PropertyType })]);

const HEADER_LIMIT = 1_000;
/** The most characters a file of options may have: its job keeps what it says, and must have room for it. */
const FILE_LIMIT = 65_536;

/** The table keeps a mapping by its headers, and takes neither a blank name nor one that is endless. */
const Mapping = z
  .record(z.string(), Mapped)
  .check(
    z.refine(
      (mapping) => Object.keys(mapping).every((header) => header.trim() !== '' && header.length <= HEADER_LIMIT),
      `must name columns by headers of 1 to ${HEADER_LIMIT} characters`,
    ),
  );

/** The options of an import as JSON gives them, with their defaults; a contract puts other keys beside them. */
export const importOptionFields = {
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
  addTags: z._default(
    z
      .array(z.string())
      .check(
        z.refine(
          (tags) => !(readTags(tags) instanceof Fault),
          'must be at most 100 tags of 1 to 64 characters, without , and ;',
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
 * `addToSegment`), the deployment's (`defaultCountry`), the usual addresses (`notify`).
 */
export type ImportOptions = Omit<Given, 'tags'> & { readonly tags: 'merge' | 'replace' };

/** Fills in what follows from other options: tags are replaced where users are. */
export function understood(given: Given): ImportOptions {
  return { ...given, tags: given.tags ?? (given.onConflict === 'replace' ? 'replace' : 'merge') };
}

/** How the cells of an import are read, where the deployment's settings hold unless the options say otherwise. */
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

/** The options of a dropped file, and the names given with it that are none of ours. */
export type DroppedOptions = { readonly options: ImportOptions; readonly unknown: readonly string[] };

/**
 * The options that a dropped file came with: its S3 metadata (names without `x-amz-meta-`, in kebab case) and the text of
 * the `.options.json` beside it, null when there is none. Metadata wins. A bad value is `invalidOption`.
 */
export function optionsOfDrop(
  metadata: Readonly<Record<string, string>>,
  file: string | null,
): DroppedOptions | Failed {
  if (file !== null && file.length > FILE_LIMIT) {
    return failed('invalidOption', `The .options.json beside the file has more than ${FILE_LIMIT} characters.`);
  }
  const inFile = file === null ? {} : parseObject(file);
  if (inFile === null) return failed('invalidOption', 'The .options.json beside the file is not a JSON object.');
  const inMetadata = Object.entries(metadata).filter(([, text]) => text.trim() !== '');
  const named = Object.fromEntries(
    inMetadata.map(([name, text]) => [camelCase(name), meaningOf(camelCase(name), text.trim())]),
  );
  const given = { ...inFile, ...named };
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(importOptionFields, name));
  const parsed = Given.safeParse(Object.fromEntries(Object.entries(given).filter(([name]) => !unknown.includes(name))));
  if (parsed.success) return { options: understood(parsed.data), unknown };
  const [issue] = parsed.error.issues;
  return failed('invalidOption', `Option ${String(issue?.path[0] ?? '')}: ${issue ? saying(issue) : 'is not valid'}.`);
}

/** What is wrong with an option, and which values there are where they can be listed. */
function saying(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_value' ? `must be one of ${issue.values.join(' ')}` : issue.message;
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

/** What a text in metadata means for an option; a text that means nothing stays one, for the schema to refuse. */
function meaningOf(name: string, text: string): unknown {
  switch (name) {
    case 'mapping':
      return parseObject(text) ?? text;
    case 'dryRun':
      return text === 'true' || (text === 'false' ? false : text);
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
