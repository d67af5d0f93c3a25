import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import * as z from 'zod/mini';
import { CannotStart } from '../process/cannot-start.ts';

const usage = [
  'Usage: npm run drop -- FILE [KEY] [--option value …]',
  '',
  '  --mapping FILE                  a JSON object: {"Header": "field", "Other header": null, …}',
  '  --default-country US            the country of phone numbers that name none',
  '  --date-format ymd|dmy|mdy       the order of day and month in dates',
  '  --decimal .|,                   the decimal mark of numbers that carry separators',
  '  --encoding windows-1252         the encoding of a file that is not UTF-8',
  '  --header-line 3                 the line on which the header stands',
  '  --bad-cells skip|fail           whether a cell that does not fit is left out, or fails its row',
  '  --on-conflict update|replace|skip',
  '  --blank-cells keep|clear',
  '  --unknown-columns create|ignore|fail',
  '  --tags merge|replace            --add-tags "a;b"',
  '  --notify a@example.com          who gets the mail',
  '  --data DIR                      the data directory of the running stack (.roster)',
  '  --no-wait                       do not wait for the end of the import',
].join('\n');

/** One call of `npm run drop`, as it is understood. */
export type DropArguments = {
  readonly file: string;
  /** The key of the object in the bucket: `imports/users.csv`. */
  readonly key: string;
  /** The options of the import as metadata of the object, in kebab-case. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The column mapping; it is dropped beside the file, since metadata is ASCII and ends at 2 KB. */
  readonly mapping: Readonly<Record<string, unknown>> | null;
  readonly local: Local;
  readonly wait: boolean;
};

const Local = z.object({
  api: z.string(),
  key: z.string(),
  s3: z.object({
    endpoint: z.string(),
    bucket: z.string(),
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    region: z.string(),
  }),
});

/** The part of `local.json` that a drop needs. */
export type Local = z.infer<typeof Local>;

/** The options of an import that take a value, as metadata names them. */
const withValue = [
  'default-country',
  'date-format',
  'decimal',
  'encoding',
  'header-line',
  'bad-cells',
  'on-conflict',
  'blank-cells',
  'unknown-columns',
  'tags',
  'add-tags',
  'add-to-segment',
  'identifier',
  'notify',
];

const known: NonNullable<ParseArgsConfig['options']> = {
  ...Object.fromEntries(withValue.map((name) => [name, { type: 'string' }])),
  'dry-run': { type: 'boolean' },
  mapping: { type: 'string' },
  data: { type: 'string' },
  'no-wait': { type: 'boolean' },
};

type Raw = { readonly places: readonly string[]; readonly options: Readonly<Record<string, string>> };

/** Splits the arguments into positional ones and options; an option without a value is `true`. */
function split(args: readonly string[]): Raw {
  try {
    const { positionals, values } = parseArgs({ args: [...args], options: known, allowPositionals: true });
    const options = Object.entries(values).map(([name, value]) => [name, String(value)]);
    return { places: positionals, options: Object.fromEntries(options) };
  } catch (error) {
    throw new CannotStart(`${error instanceof Error ? error.message : 'The options cannot be read.'}\n\n${usage}`);
  }
}

function readMapping(file: string): DropArguments['mapping'] {
  if (!existsSync(file)) throw new CannotStart(`There is no file ${file}, which --mapping names.`);
  const { success, data } = z.safeParse(z.record(z.string(), z.unknown()), parsed(readFileSync(file, 'utf8')));
  if (!success) throw new CannotStart(`${file} must hold a JSON object, such as {"E-mail address": "email"}.`);
  return data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readLocal(data: string): Local {
  const description = join(resolve(data), 'local.json');
  if (!existsSync(description)) throw new CannotStart(`Roster does not run on ${data}. Start it with: npm start`);
  return z.parse(Local, JSON.parse(readFileSync(description, 'utf8')));
}

/**
 * Reads the arguments of `npm run drop`.
 *
 * @throws CannotStart with the line to print when they cannot be followed
 */
export function readArguments(args: readonly string[], environment: NodeJS.ProcessEnv): DropArguments {
  const { places, options } = split(args);
  const [file, key = `imports/${basename(file ?? '')}`] = places;
  if (file === undefined || places.length > 2) throw new CannotStart(usage);
  if (!existsSync(file)) throw new CannotStart(`There is no file ${file}.\n\n${usage}`);
  if (!key.startsWith('imports/')) throw new CannotStart(`The key must begin with imports/, such as imports/${key}.`);
  const { data = environment.ROSTER_DATA ?? '.roster', mapping, 'no-wait': noWait, ...metadata } = options;
  return {
    file,
    key,
    metadata,
    mapping: mapping === undefined ? null : readMapping(mapping),
    local: readLocal(data),
    wait: noWait === undefined,
  };
}
